"""Where the state comes from: the TCP's pose, or joint states by name."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from sensor_msgs.msg import JointState

from elcd_policy.robot.joint_safety import JointReading, joints_fault
from elcd_policy.robot.safety import State

from ..following.arm_kinematics import ArmKinematics
from .messages import STATE_QOS, Mismatch, position_of, quaternion_of, seconds

Array = NDArray[np.float64]
S = TypeVar("S")

POSE_TOPIC, JOINTS_TOPIC = "ee_pose", "joint_states"


class StateInput(ABC, Generic[S]):
    """The newest message of a topic of states, and how old it is.

    Parameters
    ----------
    node : subscribes.
    kind : of the messages; they have a header.
    topic : relative name.
    on_mismatch : handles publishers whose QoS does not match.
    """

    def __init__(self, node: Node, kind: type, topic: str, on_mismatch: Mismatch) -> None:
        self._node = node
        self._message: Any = None
        self._received = -np.inf
        self._subscription = node.create_subscription(
            kind,
            topic,
            self._take,
            STATE_QOS,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=on_mismatch),
        )

    @property
    def stamp(self) -> Any:
        """Of the newest message."""
        return self._message.header.stamp

    def age(self, now: float) -> float:
        """s since the newest message was received, on `time.perf_counter`'s clock."""
        return now - self._received

    def forget(self) -> None:
        """Begin anew, as if nothing had been received."""
        self._message, self._received = None, -np.inf

    def close(self) -> None:
        """Subscribe no more."""
        self._node.destroy_subscription(self._subscription)

    @abstractmethod
    def state(self, now: float) -> S | str | None:
        """The newest state; None before the first; a text if it can't be used, and why.

        Parameters
        ----------
        now : s on `time.perf_counter`'s clock.
        """

    def _take(self, message: Any) -> None:
        self._message, self._received = message, time.perf_counter()

    def _stamp_age(self) -> float:
        return self._node.get_clock().now().nanoseconds * 1e-9 - seconds(self.stamp)


class PoseInput(StateInput[State]):
    """The pose of the TCP from ``ee_pose``."""

    def __init__(self, node: Node, on_mismatch: Mismatch) -> None:
        super().__init__(node, PoseStamped, POSE_TOPIC, on_mismatch)

    def state(self, now: float) -> State | str | None:
        """See `StateInput.state`."""
        if self._message is None:
            return None
        pose = self._message.pose
        return State(
            position_of(pose),
            quaternion_of(pose),
            self._message.header.frame_id,
            self.age(now),
            self._stamp_age(),
        )


class JointStateInput(StateInput[JointReading]):
    """Positions of the arm's joints from ``joint_states``, found by name.

    A message that names none of the joints is another device's, such as a gripper's, and is
    passed over.
    """

    def __init__(self, node: Node, joints: tuple[str, ...], on_mismatch: Mismatch) -> None:
        super().__init__(node, JointState, JOINTS_TOPIC, on_mismatch)
        self._joints = joints
        self._strangers: list[str] = []

    def state(self, now: float) -> JointReading | str | None:
        """See `StateInput.state`."""
        if self._message is None:
            return self._fault(self._strangers) if self._strangers else None
        names = list(self._message.name)
        if not set(self._joints) <= set(names):
            return self._fault(names)
        if len(self._message.position) != len(names):
            return (
                f"{JOINTS_TOPIC} has {len(names)} names and {len(self._message.position)} positions"
            )
        positions = np.array([self._message.position[names.index(joint)] for joint in self._joints])
        return JointReading(positions, self.age(now), self._stamp_age())

    def forget(self) -> None:
        """Begin anew, as if nothing had been received."""
        super().forget()
        self._strangers = []

    def _take(self, message: JointState) -> None:
        if set(self._joints) & set(message.name):
            super()._take(message)
        else:
            self._strangers = list(message.name)

    def _fault(self, names: list[str]) -> str:
        missing = [joint for joint in self._joints if joint not in names]
        return f"{JOINTS_TOPIC} lacks {', '.join(missing)}: got {', '.join(names) or 'no names'}"


class ArmPoseInput(StateInput[State]):
    """The pose of the TCP from ``joint_states``, by the arm's kinematics."""

    def __init__(
        self, node: Node, arm: ArmKinematics, base_frame: str, on_mismatch: Mismatch
    ) -> None:
        self._joints = JointStateInput(node, arm.joints, on_mismatch)
        self._arm, self._base_frame = arm, base_frame

    @property
    def stamp(self) -> Any:
        """Of the newest message."""
        return self._joints.stamp

    def age(self, now: float) -> float:
        """See `StateInput.age`."""
        return self._joints.age(now)

    def forget(self) -> None:
        """Begin anew, as if nothing had been received."""
        self._joints.forget()

    def close(self) -> None:
        """Subscribe no more."""
        self._joints.close()

    def reading(self, now: float) -> JointReading | str | None:
        """The joints of the newest state; see `StateInput.state`."""
        return self._joints.state(now)

    def state(self, now: float) -> State | str | None:
        """See `StateInput.state`."""
        reading = self._joints.state(now)
        if not isinstance(reading, JointReading):
            return reading
        fault = joints_fault(reading.positions, self._arm.joints)
        if fault:
            return fault
        pose = self._arm.pose(reading.positions)
        return State(*pose, self._base_frame, reading.received_age, reading.stamp_age)
