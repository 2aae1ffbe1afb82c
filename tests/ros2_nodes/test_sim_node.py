"""The simulated arm as a driver: states out, commands in, its own watchdog, pushes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped, TwistStamped, WrenchStamped
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from std_srvs.srv import Trigger

from elcd_policy.errors import ParameterError
from elcd_policy_ros2.node.messages import (
    COMMAND_QOS,
    LATCHED_QOS,
    STATE_QOS,
    fill_twist,
    position_of,
    seconds,
    to_stamp,
)
from elcd_policy_sim import EpisodeLog, load_robot
from elcd_policy_sim.arm import installed_engines

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

from elcd_policy_ros2.sim_node import SimNode

RIGHT = np.array([0.0, 0.1, 0.0, 0.0, 0.0, 0.0])


class Driver:
    """Sends commands to the arm at each state, as long as it has one."""

    def __init__(self, ros) -> None:
        self.poses = ros.listen(PoseStamped, "ee_pose")
        self.twist: np.ndarray | None = None
        self.frame = "base_link"
        self.out = ros.probe.create_publisher(TwistStamped, "cmd_vel", COMMAND_QOS)
        ros.probe.create_subscription(PoseStamped, "ee_pose", self.answer, STATE_QOS)
        ros.until(lambda: self.poses and self.out.get_subscription_count())

    def answer(self, pose: PoseStamped) -> None:
        if self.twist is not None:
            command = TwistStamped()
            command.header.stamp, command.header.frame_id = pose.header.stamp, self.frame
            fill_twist(command, self.twist)
            self.answered = seconds(pose.header.stamp)
            self.out.publish(command)

    @property
    def position(self) -> np.ndarray:
        return position_of(self.poses[-1].pose)

    @property
    def time(self) -> float:
        return seconds(self.poses[-1].header.stamp)


def test_states_come_in_step_with_the_clock(ros) -> None:
    ros.start(SimNode, rate=100)
    clocks, joints = ros.listen(Clock, "/clock"), ros.listen(JointState, "joint_states")
    poses = ros.listen(PoseStamped, "ee_pose")
    ros.until(lambda: min(len(clocks), len(joints), len(poses)) > 30)
    for messages in ([c.clock for c in clocks], [j.header.stamp for j in joints]):
        steps = np.diff([seconds(stamp) for stamp in messages])
        np.testing.assert_allclose(steps, 0.01, atol=1e-6)
    assert joints[0].name == list(load_robot("panda").arm_joints)
    assert poses[0].header.frame_id == "base_link"


@pytest.mark.parametrize("engine", installed_engines())
def test_a_command_moves_the_tcp_and_its_end_stops_it(ros, engine: str) -> None:
    ros.start(SimNode, engine=engine)
    driver = Driver(ros)
    begin = driver.position
    driver.twist = RIGHT
    ros.until(lambda: driver.position[1] - begin[1] > 0.05)
    driver.twist = None
    stopped_at = driver.answered  # on a busy machine the list of poses is behind
    ros.until(lambda: driver.time > stopped_at)
    stopped = driver.position
    ros.until(lambda: driver.time > stopped_at + 0.6)
    moved = np.array([position_of(pose.pose) for pose in driver.poses])
    times = np.array([seconds(pose.header.stamp) for pose in driver.poses])
    speed = np.linalg.norm(np.diff(moved, axis=0), axis=1) / np.diff(times)
    assert speed[times[1:] < stopped_at][-5:] == pytest.approx(0.1, abs=0.02)
    assert speed[times[1:] > stopped_at + 0.3].max() < 0.002
    assert np.linalg.norm(driver.position - stopped) < 0.03


@pytest.mark.parametrize("spoil", ["frame", "value"])
def test_a_command_in_another_frame_or_not_finite_is_ignored(ros, spoil: str) -> None:
    ros.start(SimNode)
    driver = Driver(ros)
    driver.frame = "world" if spoil == "frame" else "base_link"
    driver.twist = RIGHT if spoil == "frame" else np.full(6, np.nan)
    begin, at = driver.position, driver.time
    ros.until(lambda: driver.time > at + 0.3)
    np.testing.assert_allclose(driver.position, begin, atol=1e-4)


def test_joint_velocities_move_the_joints_and_their_end_stops_them(ros) -> None:
    ros.start(SimNode)
    states = ros.listen(JointState, "joint_states")
    out = ros.probe.create_publisher(Float64MultiArray, "velocity_controller/commands", 1)
    ros.until(lambda: states and out.get_subscription_count())
    begin = np.array(states[-1].position)
    velocity = np.array([0.3, 0.0, 0.0, 0.2, 0.0, 0.0, -0.4])

    def turned() -> bool:
        out.publish(Float64MultiArray(data=[0.1, 0.2]))  # of another arm: ignored
        out.publish(Float64MultiArray(data=velocity.tolist()))
        return states[-1].position[0] - begin[0] > 0.15

    ros.until(turned)
    moved = np.array(states[-1].position) - begin
    np.testing.assert_allclose(moved, moved[0] / 0.3 * velocity, atol=0.02)
    ros.until(lambda: np.abs(states[-1].velocity).max() < 0.005)  # its own watchdog


def test_the_urdf_is_there_for_late_comers(ros) -> None:
    ros.start(SimNode)
    descriptions = ros.listen(String, "robot_description", LATCHED_QOS)
    ros.until(lambda: descriptions)
    for joint in load_robot("panda").arm_joints:
        assert f'<joint name="{joint}"' in descriptions[0].data


def test_a_second_simulator_keeps_step_with_the_clock_of_the_first(ros) -> None:
    ros.start(SimNode, rate=50, clock="follow")
    joints = ros.listen(JointState, "joint_states")
    clock = ros.probe.create_publisher(Clock, "/clock", 10)
    ros.until(clock.get_subscription_count)
    assert ros.probe.count_publishers("/clock") == 1  # only this test's
    ros.spin(0.2)
    assert joints == []  # no time, no motion

    def at(time: float, states: int) -> None:
        clock.publish(Clock(clock=to_stamp(time)))
        ros.until(lambda: len(joints) >= states)

    at(7.0, 1)
    at(7.04, 3)  # a lost message is made up for
    at(9.0, 4)  # a pause is not
    at(1.0, 5)  # a new clock
    stamps = [seconds(message.header.stamp) for message in joints]
    np.testing.assert_allclose(stamps, [7.0, 7.02, 7.04, 9.0, 1.0], atol=1e-9)


def test_reset_push_and_disturbance(ros) -> None:
    ros.start(SimNode, start="[0.5, -0.1, 0.4]")
    driver = Driver(ros)
    np.testing.assert_allclose(driver.position, [0.5, -0.1, 0.4], atol=1e-4)
    assert not ros.call(Trigger, "/sim_node/push").success  # the motion has not begun
    driver.twist = np.zeros(6)
    ros.until(lambda: ros.call(Trigger, "/sim_node/push").success)
    ros.until(lambda: np.linalg.norm(driver.position - [0.5, -0.1, 0.4]) > 0.02)
    before = driver.time
    assert ros.call(Trigger, "/sim_node/reset").success
    ros.until(lambda: np.linalg.norm(driver.position - [0.5, -0.1, 0.4]) < 1e-3)
    assert driver.time > before  # the clock never runs backwards
    force = WrenchStamped()
    force.wrench.force.z = 30.0
    out = ros.probe.create_publisher(WrenchStamped, "/sim_node/disturbance", 10)
    ros.until(out.get_subscription_count)

    def lifted() -> bool:
        out.publish(force)
        return driver.position[2] > 0.42

    ros.until(lifted)


def test_the_episode_counts_from_the_first_command_and_is_saved(ros, tmp_path: Path) -> None:
    log_file = tmp_path / "episode.npz"
    push = "0.2:0,0,25:0.1"
    node = ros.start(SimNode, duration=0.5, log_file=f"'{log_file}'", pushes=f"'{push}'", rate=50)
    driver = Driver(ros)
    ros.until(lambda: driver.time > 0.2)
    assert node.exit_status is None
    driver.twist = RIGHT
    ros.until(lambda: node.exit_status == 0)
    node.shut_down()
    log = EpisodeLog.load(log_file)
    time = log.time - log.time[0]
    np.testing.assert_allclose(time, np.arange(26) / 50, atol=1e-9)
    pushed = log.force[:, 2] > 0
    np.testing.assert_allclose(time[pushed], [0.2, 0.22, 0.24, 0.26, 0.28], atol=1e-9)
    assert log.command[1:, 1] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"robot": "pandda"}, "unknown robot: got 'pandda', expected one of iiwa, panda"),
        ({"rate": 0.5}, "'rate' has a bad value: got 0.5, expected 1 to 1000 Hz"),
        ({"raet": 50.0}, "unknown parameter of sim_node: got raet"),
        ({"pushes": "'1:2'"}, "a push can't be read: got '1:2'"),
        ({"start": "[0.5, 0.0]"}, "'start' has a bad value: got [0.5, 0.0]"),
        ({"start": "[3.0, 0.0, 0.0]"}, "can't reach the pose"),
        ({"gui": "3"}, "'gui' has a bad value: got 3, expected a truth value"),
    ],
)
def test_bad_parameters_are_named(ros, parameters: dict, message: str) -> None:
    with pytest.raises(ParameterError) as error:
        ros.start(SimNode, **parameters)
    assert message in str(error.value)
