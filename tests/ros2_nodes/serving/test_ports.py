"""Three ways out to a real arm, each with a subscriber as the receiver has it, over DDS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pinocchio")
pytest.importorskip("pybullet_data")

import pybullet_data
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import TwistStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import QoSPresetProfiles
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String

from elcd_policy import load
from elcd_policy_ros2.following.arm_kinematics import ArmKinematics
from elcd_policy_ros2.node import robot_description
from elcd_policy_ros2.node.messages import LATCHED_QOS, seconds, twist_of
from elcd_policy_ros2.policy_node import PolicyNode

from ..conftest import HOME, PLACEMENT, Ros

URDF = (Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf").read_text()
DT = 0.02
BASE, TCP = "panda_link0", "panda_grasptarget"
RECEIVER_QOS = QoSPresetProfiles.SYSTEM_DEFAULT.value
"""Servo and the group controllers subscribe with rclcpp's SystemDefaultsQoS: reliable."""

JOINTS_IN = {"state_in_type": "sensor_msgs/JointState", "base_frame": BASE, "tcp_frame": TCP}
TOPIC = "/velocity_controller/commands"
JOINTS_OUT = {"command_out_type": "std_msgs/Float64MultiArray"}
LIMITS = {
    "max_speed": 0.2,
    "max_joint_speed": 0.9,
    "max_joint_acceleration": 4.0,
    "receiver_timeout": 1.0,
}


class Joints:
    """A Panda whose joints do what they are told; it publishes them as its drivers do."""

    def __init__(self, ros: Ros) -> None:
        self.ros, self.arm = ros, ArmKinematics(URDF, BASE, TCP)
        self.positions = self._above(PLACEMENT.to_robot([-50.0, 0.0]))
        self.names = ["panda_finger_joint1", *self.arm.joints[::-1]]  # as it pleases the driver
        self.velocity, self.halves = np.zeros(7), False
        self.statuses = ros.listen(DiagnosticStatus, "/policy_node/status", LATCHED_QOS)
        self.description = ros.probe.create_publisher(String, "robot_description", LATCHED_QOS)
        self.description.publish(String(data=URDF))
        self.out = ros.probe.create_publisher(JointState, "joint_states", RECEIVER_QOS)
        ros.probe.create_timer(DT, self.tell)

    def tell(self) -> None:
        self.positions = self.positions + DT * self.velocity
        known = dict(zip(self.arm.joints, self.positions, strict=True))
        parts = [self.names[:4], self.names[4:]] if self.halves else [self.names]
        for names in parts:
            message = JointState(name=names)
            message.header.stamp = self.ros.probe.get_clock().now().to_msg()
            message.position = [known.get(name, 0.01) for name in names]
            self.out.publish(message)

    @property
    def tcp(self) -> np.ndarray:
        return self.arm.pose(self.positions)[0]

    def says(self, text: str) -> bool:
        return bool(self.statuses) and text in self.statuses[-1].message

    def _above(self, position: np.ndarray) -> np.ndarray:
        joints = HOME
        for _ in range(100):
            offset = np.concatenate([position - self.arm.pose(joints)[0], np.zeros(3)])
            joints = joints + np.linalg.pinv(self.arm.jacobian(joints)) @ offset
        return joints


def transition(ros: Ros, number: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=number))
    return ros.call(ChangeState, "/policy_node/change_state", request).success


def start(ros: Ros, policy_file: Path, remap: dict[str, str], **parameters: Any) -> Joints:
    ros.start(
        PolicyNode,
        remap=remap,
        policy_file=f"'{policy_file}'",
        rate=1 / DT,
        **{**JOINTS_IN, **LIMITS, **parameters},
    )
    return Joints(ros)


def activate(ros: Ros) -> None:
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)


def check_joint_commands(commands: list[Float64MultiArray]) -> None:
    """None above a limit, none too far from the one before; the first one starts from rest."""
    velocities = np.array([command.data for command in commands])
    assert np.isfinite(velocities).all()
    assert np.abs(velocities).max() <= LIMITS["max_joint_speed"] + 1e-9
    steps = np.abs(np.diff(velocities, axis=0, prepend=np.zeros((1, 7))))
    assert steps.max() <= LIMITS["max_joint_acceleration"] * DT + 1e-9


def test_servo_gets_twists_it_takes_and_leads_the_arm_to_the_goal(
    ros: Ros, policy_file: Path
) -> None:
    robot = start(
        ros, policy_file, {"cmd_vel": "/servo_node/delta_twist_cmds"}, goal_tolerance=0.003
    )
    commands: list[TwistStamped] = []

    def servo(command: TwistStamped) -> None:  # speed units, in a frame that tf knows
        commands.append(command)
        age = ros.probe.get_clock().now().nanoseconds * 1e-9 - seconds(command.header.stamp)
        assert age < 5.0  # a stamp of now: an old one is stale to servo, a zero one never
        inverse = np.linalg.pinv(robot.arm.jacobian(robot.positions))
        robot.velocity = inverse @ twist_of(command)

    ros.probe.create_subscription(TwistStamped, "/servo_node/delta_twist_cmds", servo, RECEIVER_QOS)
    activate(ros)
    ros.until(lambda: robot.says("goal reached"))
    goal = PLACEMENT.to_robot(load(policy_file).get_goal())
    assert np.linalg.norm(robot.tcp - goal) < 0.004
    assert {command.header.frame_id for command in commands} == {BASE}
    speeds = np.linalg.norm([twist_of(command)[:3] for command in commands], axis=1)
    assert 0.05 < speeds.max() <= LIMITS["max_speed"] + 1e-9


def controller(ros: Ros, robot: Joints, joints: tuple[str, ...]) -> list[Float64MultiArray]:
    """A group controller: takes commands in the order of its ``joints``, without any names.

    Returns all commands; the controller's own short queue may lose some on a busy machine.
    """
    order = [joints.index(name) for name in robot.arm.joints]

    def command(message: Float64MultiArray) -> None:
        assert len(message.data) == len(joints)
        assert message.layout.dim == []
        robot.velocity = np.array(message.data)[order]

    ros.probe.create_subscription(Float64MultiArray, TOPIC, command, RECEIVER_QOS)
    return ros.listen(Float64MultiArray, TOPIC)


def test_twists_that_the_joints_could_not_follow_are_not_begun(ros: Ros, policy_file: Path) -> None:
    robot = start(ros, policy_file, {}, max_joint_speed=0.05)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.spin(0.2)  # for a state to begin from
    ros.until(lambda: not transition(ros, Transition.TRANSITION_ACTIVATE))
    ros.until(lambda: robot.says("rad/s above its limit after"))
    assert robot.says("the preflight refuses the motion from here: got panda_joint")


def test_a_group_controller_gets_joint_velocities_in_its_own_order(
    ros: Ros, policy_file: Path
) -> None:
    order = tuple(f"panda_joint{i}" for i in (3, 1, 2, 7, 6, 5, 4))
    robot = start(
        ros,
        policy_file,
        {"~/joint_cmd": TOPIC},
        joints=f"[{', '.join(order)}]",
        goal_tolerance=0.003,
        **JOINTS_OUT,
    )
    commands = controller(ros, robot, order)
    level = robot.arm.pose(robot.positions)[1]
    activate(ros)
    ros.until(lambda: robot.says("goal reached"))
    goal = PLACEMENT.to_robot(load(policy_file).get_goal())
    position, quaternion = robot.arm.pose(robot.positions)
    assert np.linalg.norm(position - goal) < 0.004
    assert abs(level @ quaternion) > 1 - 1e-5  # the orientation is held
    assert transition(ros, Transition.TRANSITION_DEACTIVATE)
    ros.until(lambda: not any(commands[-1].data))
    check_joint_commands(commands)


def test_a_joint_space_policy_goes_straight_to_joint_velocities(
    ros: Ros, joint_policy_file: Path
) -> None:
    remap = {"~/joint_cmd": TOPIC}
    robot = start(ros, joint_policy_file, remap, joint_goal_tolerance=0.02, **JOINTS_OUT)
    commands = controller(ros, robot, robot.arm.joints)
    robot.positions = HOME.copy()
    activate(ros)
    ros.until(lambda: robot.says("following"))
    ros.until(lambda: robot.says("goal reached"))
    goal = load(joint_policy_file).get_goal()
    assert np.linalg.norm(robot.positions - goal) < 0.04
    values = {value.key: value.value for value in robot.statuses[-1].values}
    assert float(values["distance_to_goal_rad"]) <= 0.02
    check_joint_commands(commands)


def test_joints_that_are_not_the_arms_are_refused_by_name(ros: Ros, policy_file: Path) -> None:
    remap = {"~/joint_cmd": TOPIC}
    robot = start(ros, policy_file, remap, **JOINTS_OUT)
    commands = controller(ros, robot, robot.arm.joints)
    good, robot.names = robot.names, ["shoulder", "elbow"]
    activate(ros)
    ros.until(lambda: robot.says("joint_states lacks panda_joint1, panda_joint2"))
    assert robot.says("got shoulder, elbow")
    assert commands == []
    robot.names = good
    ros.until(lambda: len(commands) > 20)
    robot.names = [name for name in good if name != "panda_joint3"]
    ros.until(lambda: robot.says("fault: no state of panda_joint3 for 0."))
    ros.until(lambda: not any(commands[-1].data))
    robot.names = ["panda_finger_joint1"]  # another device's: only the arm's silence counts
    ros.spin(0.3)
    assert robot.says("fault: no state of panda_joint3 for")
    robot.names = good
    ros.until(lambda: any(commands[-1].data))
    robot.positions = np.full(7, np.nan)
    ros.until(lambda: robot.says("joint positions are not finite: got panda_joint1"))
    ros.until(lambda: not any(commands[-1].data))
    check_joint_commands(commands)


def test_halves_of_an_arm_beside_a_busy_gripper_are_one_state(ros: Ros, policy_file: Path) -> None:
    robot = start(ros, policy_file, {"~/joint_cmd": TOPIC}, goal_tolerance=0.003, **JOINTS_OUT)
    commands = controller(ros, robot, robot.arm.joints)
    robot.halves = True
    gripper = ros.probe.create_publisher(JointState, "joint_states", RECEIVER_QOS)

    def chatter() -> None:
        for _ in range(5):
            gripper.publish(JointState(name=["finger"], position=[0.04]))

    ros.probe.create_timer(DT / 2, chatter)
    activate(ros)
    ros.until(lambda: robot.says("goal reached"))
    assert not any("lacks" in status.message for status in robot.statuses)
    check_joint_commands(commands)


def test_a_joint_beyond_its_limits_is_named(ros: Ros, policy_file: Path) -> None:
    robot = start(ros, policy_file, {"~/joint_cmd": TOPIC}, **JOINTS_OUT)
    commands = controller(ros, robot, robot.arm.joints)
    robot.positions = robot.positions + 2 * np.pi * np.eye(7)[4]  # an encoder a turn off
    activate(ros)
    ros.until(lambda: robot.says("fault: panda_joint5 is beyond its limits: got 6."))
    assert robot.says("is it a turn off?")
    assert commands == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tcp_frame": "''"}, "the tool centre point is not known: got tcp_frame ''"),
        ({"tcp_frame": "hand"}, "the URDF has no such link: got 'hand'"),
        ({"joints": "[panda_joint1]"}, "are not those that move panda_grasptarget"),
        ({"state_in_type": "geometry_msgs/PoseStamped"}, "joint velocities need joint states"),
        ({"urdf_file": "/nowhere.urdf"}, "urdf_file can't be read"),
    ],
)
def test_an_arm_that_is_not_known_is_refused(
    ros: Ros, policy_file: Path, parameters: dict, message: str
) -> None:
    robot = start(ros, policy_file, {}, **{**JOINTS_OUT, **parameters})
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: robot.says(message))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "moves joints: got command_out_type geometry_msgs/TwistStamped"),
        ({**JOINTS_OUT, "tcp_frame": "panda_link5"}, "expected 5 joints in rad: panda_joint1"),
    ],
)
def test_a_joint_space_policy_does_not_fit_a_twist_or_another_arm(
    ros: Ros, joint_policy_file: Path, parameters: dict, message: str
) -> None:
    robot = start(ros, joint_policy_file, {}, **parameters)
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: robot.says(message))


def test_a_description_that_nobody_publishes_is_waited_for_in_vain(
    ros: Ros, policy_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robot_description, "PATIENCE", 0.1)
    robot = start(ros, policy_file, {"robot_description": "/arm7/robot_description"})
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: robot.says("got nothing on /arm7/robot_description for 0.1 s"))
