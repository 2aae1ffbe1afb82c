"""A point that is moved by the policy node under test, and what a test does to both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped, TwistStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.duration import Duration
from rclpy.qos import QoSProfile
from scipy.spatial.transform import Rotation

from elcd_policy_ros2.node.messages import LATCHED_QOS, STATE_QOS, fill_pose, twist_of
from elcd_policy_ros2.policy_node import PolicyNode

from .conftest import PLACEMENT, Ros

LEVEL = np.array([0.0, 0.0, 0.0, 1.0])
START = PLACEMENT.to_robot([-50.0, 0.0])
DT = 0.02
EVERY = QoSProfile(depth=1000)
"""Reliable, and none is dropped while the test's one thread is busy."""

LIMITS = {"max_speed": 0.3, "max_acceleration": 2.0, "receiver_timeout": 1.0}


class Arm:
    """A point that goes where it is told, and publishes its pose at the node's rate."""

    def __init__(self, ros: Ros) -> None:
        self.ros = ros
        self.position, self.quaternion = START.copy(), LEVEL
        self.frame, self.talking, self.moving = "base_link", True, True
        self.stamp_offset = 0.0
        self.commands: list[TwistStamped] = []
        self.statuses = ros.listen(DiagnosticStatus, "/policy_node/status", LATCHED_QOS)
        self.out = ros.probe.create_publisher(PoseStamped, "ee_pose", STATE_QOS)
        self.ear = ros.probe.create_subscription(TwistStamped, "cmd_vel", self.obey, EVERY)
        ros.probe.create_timer(DT, self.tell)

    def obey(self, command: TwistStamped) -> None:
        self.commands.append(command)
        if self.moving:
            twist = DT * twist_of(command)
            self.position = self.position + twist[:3]
            turned = Rotation.from_rotvec(twist[3:]) * Rotation.from_quat(self.quaternion)
            self.quaternion = turned.as_quat()

    def tell(self) -> None:
        if not self.talking:
            return
        pose = PoseStamped()
        now = self.ros.probe.get_clock().now() + Duration(seconds=self.stamp_offset)
        pose.header.stamp, pose.header.frame_id = now.to_msg(), self.frame
        fill_pose(pose.pose, self.position, self.quaternion)
        self.out.publish(pose)

    @property
    def twists(self) -> np.ndarray:
        """[K, 6] of all commands so far."""
        return np.array([twist_of(command) for command in self.commands]).reshape(-1, 6)

    @property
    def facts(self) -> dict[str, str]:
        """The values of the newest status."""
        return {value.key: value.value for value in self.statuses[-1].values}

    def says(self, text: str) -> bool:
        """Whether the newest status has this text."""
        return bool(self.statuses) and text in self.statuses[-1].message

    def check_commands(self) -> None:
        """No command above a limit, none too far from the one before."""
        linear = self.twists[:, :3]
        assert np.isfinite(self.twists).all()
        assert np.linalg.norm(linear, axis=1).max() <= LIMITS["max_speed"] + 1e-9
        steps = np.linalg.norm(np.diff(linear, axis=0, prepend=np.zeros((1, 3))), axis=1)
        assert steps.max() <= LIMITS["max_acceleration"] * DT + 1e-9


def transition(ros: Ros, number: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=number))
    return ros.call(ChangeState, "/policy_node/change_state", request).success


def configured(ros: Ros, policy_file: Path, **parameters: Any) -> Arm:
    ros.start(PolicyNode, policy_file=f"'{policy_file}'", rate=1 / DT, **{**LIMITS, **parameters})
    arm = Arm(ros)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    return arm


def following(ros: Ros, policy_file: Path, **parameters: Any) -> Arm:
    arm = configured(ros, policy_file, **parameters)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: len(arm.commands) > 20)
    return arm


def falls_silent(ros: Ros, arm: Arm) -> None:
    """The commands ramp to zero, some zeros follow, then nothing."""
    ros.until(lambda: not arm.twists[-1].any())
    count = 0
    while count != len(arm.commands):
        count = len(arm.commands)
        ros.spin(0.3)
    assert not arm.twists[-10:].any()
    arm.check_commands()
