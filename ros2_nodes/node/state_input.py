"""Inputs of states: the pose of the TCP, or joint states by name."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState

from elcd_policy.robot.joint_safety import JointReading, joints_fault, range_fault
from elcd_policy.robot.safety import State

from ..following.arm_kinematics import ArmKinematics
from ..following.joint_assembler import JointAssembler
from ..following.state_checks import JointJumps, PoseJumps
from .messages import JOINT_STATES_QOS, STATE_QOS, Mismatch, position_of, quaternion_of, seconds

Array = NDArray[np.float64]
S = TypeVar("S")

POSE_TOPIC, JOINTS_TOPIC = "ee_pose", "joint_states"
FAULT_SHOWN = 1.0
"""s, for which the fault of one message counts: no control tick is so long that it misses it."""
GATHERING = 0.5
"""s, within which the joints of an arm have to be heard after the first message of the topic."""


class StateInput(ABC, Generic[S]):
    """Subscribes a topic of states and keeps the newest, and how old it is.

    Parameters
    ----------
    node : subscribes.
    kind : of the messages; they have a header.
    topic : relative name.
    on_mismatch : handles publishers whose QoS does not match.
    """

    qos: QoSProfile = STATE_QOS
    """Of the subscription."""

    def __init__(self, node: Node, kind: type, topic: str, on_mismatch: Mismatch) -> None:
        self._node = node
        self._message: Any = None
        self._received = -np.inf
        self._fault, self._faulted = "", -np.inf
        self._subscription = node.create_subscription(
            kind,
            topic,
            self._take,
            self.qos,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=on_mismatch),
        )

    @property
    def stamp(self) -> Any:
        """Return the stamp of the newest message."""
        return self._message.header.stamp

    def age(self, now: float) -> float:
        """Return the s since the newest message was received, on `time.perf_counter`'s clock."""
        return now - self._received

    def forget(self) -> None:
        """Start anew, as if nothing had been received."""
        self._message, self._received = None, -np.inf

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def source_fault(self) -> str:
        """Return the fault of the topic's publishers; empty for none."""
        return ""

    @abstractmethod
    def state(self, now: float) -> S | str | None:
        """Return the newest state; None before the first; a text if it can't be used.

        Parameters
        ----------
        now : s on `time.perf_counter`'s clock.
        """

    def _take(self, message: Any) -> None:
        self._message, self._received = message, time.perf_counter()

    def _note_fault(self, fault: str) -> None:
        """Let a fault of one message count for a while."""
        if fault:
            self._fault, self._faulted = fault, time.perf_counter()

    def _recent_fault(self, now: float) -> str:
        return self._fault if now - self._faulted < FAULT_SHOWN else ""

    def _now(self) -> float:
        return float(self._node.get_clock().now().nanoseconds * 1e-9)


class PoseInput(StateInput[State]):
    """The pose of the TCP from ``ee_pose``.

    Parameters
    ----------
    node, on_mismatch : see `StateInput`.
    max_speed : m/s of the TCP between two poses, above which it has jumped.
    """

    def __init__(self, node: Node, on_mismatch: Mismatch, max_speed: float = np.inf) -> None:
        self.jumps = PoseJumps(max_speed)
        super().__init__(node, PoseStamped, POSE_TOPIC, on_mismatch)

    def state(self, now: float) -> State | str | None:
        """See `StateInput.state`."""
        if self._message is None:
            return None
        fault = self._recent_fault(now)
        if fault:
            return fault
        pose = self._message.pose
        return State(
            position_of(pose),
            quaternion_of(pose),
            self._message.header.frame_id,
            self.age(now),
            self._now() - seconds(self.stamp),
        )

    def source_fault(self) -> str:
        """Return a fault if several nodes publish the pose: which of them is the arm's?"""
        topic = self._subscription.topic_name
        publishers = self._node.get_publishers_info_by_topic(topic)
        if len(publishers) < 2:
            return ""
        names = sorted(f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in publishers)
        return f"several publishers of {topic}: got {', '.join(names)}, expected one"

    def _take(self, message: PoseStamped) -> None:
        before, received_before = self._message, self._received
        super()._take(message)
        if before is not None:
            # After a stall messages arrive together: their stamps tell the time between them.
            stamped = seconds(message.header.stamp) - seconds(before.header.stamp)
            dt = max(stamped, self._received - received_before)
            self._note_fault(self.jumps.fault(_pose(before), _pose(message), dt))


class JointStateInput(StateInput[JointReading]):
    """Positions of the arm's joints from ``joint_states``, merged by name over its messages.

    Other devices, such as a gripper, may publish there too.

    Parameters
    ----------
    node, on_mismatch : see `StateInput`.
    arm : whose joints are read.
    wraps : whole turns of joints without limits make no difference.
    """

    qos = JOINT_STATES_QOS

    def __init__(
        self, node: Node, arm: ArmKinematics, on_mismatch: Mismatch, wraps: bool = True
    ) -> None:
        endless = ~np.isfinite(arm.upper - arm.lower) & wraps
        self._assembler = JointAssembler(
            arm.joints, JointJumps(arm.joints, arm.speed_limits, endless)
        )
        self._first = np.inf  # s, when the first message arrived since nothing was known
        super().__init__(node, JointState, JOINTS_TOPIC, on_mismatch)

    def age(self, now: float) -> float:
        """Return the s since the joint was received that was heard longest ago."""
        return np.inf if self._assembler.missing else now - self._assembler.oldest[2]

    def state(self, now: float) -> JointReading | str | None:
        """See `StateInput.state`."""
        known, fault = self._assembler, self._recent_fault(now)
        if fault:
            return fault
        if known.missing:
            names = known.heard or known.strangers
            if not names or now - self._first < GATHERING:
                return None
            return f"{JOINTS_TOPIC} lacks {', '.join(known.missing)}: got {', '.join(names)}"
        name, stamp, received = known.oldest
        return JointReading(
            known.positions,
            now - received,
            self._now() - stamp,
            "" if received == self._received else name,
        )

    def forget(self) -> None:
        """Start anew, as if nothing had been received."""
        super().forget()
        self._assembler.forget()
        self._first = np.inf

    def _take(self, message: JointState) -> None:
        received = time.perf_counter()
        self._first = min(self._first, received)
        stamp = seconds(message.header.stamp)
        taken, fault = self._assembler.take(message.name, message.position, stamp, received)
        self._note_fault(fault)
        if taken:
            self._message, self._received = message, received


class ArmPoseInput(StateInput[State]):
    """The pose of the TCP from ``joint_states``, by the arm's kinematics."""

    def __init__(
        self, node: Node, arm: ArmKinematics, base_frame: str, on_mismatch: Mismatch
    ) -> None:
        self._joints = JointStateInput(node, arm, on_mismatch)
        self._arm, self._base_frame = arm, base_frame

    @property
    def stamp(self) -> Any:
        """Return the stamp of the newest message."""
        return self._joints.stamp

    def age(self, now: float) -> float:
        """See `StateInput.age`."""
        return self._joints.age(now)

    def forget(self) -> None:
        """Start anew, as if nothing had been received."""
        self._joints.forget()

    def close(self) -> None:
        """Unsubscribe."""
        self._joints.close()

    def source_fault(self) -> str:
        """See `StateInput.source_fault`."""
        return self._joints.source_fault()

    def reading(self, now: float) -> JointReading | str | None:
        """Return the joints of the newest state; see `StateInput.state`."""
        return self._joints.state(now)

    def state(self, now: float) -> State | str | None:
        """See `StateInput.state`."""
        reading = self._joints.state(now)
        if not isinstance(reading, JointReading):
            return reading
        arm, positions = self._arm, reading.positions
        fault = joints_fault(positions, arm.joints) or range_fault(
            positions, arm.joints, arm.lower, arm.upper
        )
        if fault:
            return fault
        pose = arm.pose(positions)
        return State(*pose, self._base_frame, reading.received_age, reading.stamp_age)


def _pose(message: PoseStamped) -> tuple[Array, Array]:
    return position_of(message.pose), quaternion_of(message.pose)
