"""Topic profiles, and values to messages and back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import Pose, PoseStamped, TwistStamped
from nav_msgs.msg import Path
from numpy.typing import NDArray
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

Array = NDArray[np.float64]

STATE_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Streams of states: the newest only, never waited for."""

JOINT_STATES_QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Joint states, which several devices publish in turn: none may push another's out."""

COMMAND_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
"""Commands and goals: a best-effort offer does not match a controller's reliable request."""

LATCHED_QOS = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""What a late subscriber must see too: status and predicted path."""

Mismatch = Callable[[Any], None]
"""Handles the event that a peer's QoS does not match."""

NANOSECONDS = 1_000_000_000

SHOWN = 3.0  # s, how long a refusal is part of a status text

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|\bnan\b|[-+]?\binf\b")


def seconds(stamp: Time) -> float:
    """Return a stamp in s."""
    return stamp.sec + stamp.nanosec / NANOSECONDS


def to_stamp(time: float) -> Time:
    """Return a time in s as a stamp."""
    sec, nanosec = divmod(round(time * NANOSECONDS), NANOSECONDS)
    return Time(sec=sec, nanosec=nanosec)


def position_of(pose: Pose) -> Array:
    """Return position [3] in m."""
    return np.array((pose.position.x, pose.position.y, pose.position.z))


def quaternion_of(pose: Pose) -> Array:
    """Return quaternion [4], x y z w."""
    q = pose.orientation
    return np.array((q.x, q.y, q.z, q.w))


def fill_pose(pose: Pose, position: Array, quaternion: Array) -> None:
    """Write a position [3] and a quaternion [4] into a message."""
    pose.position.x, pose.position.y, pose.position.z = position.tolist()
    orientation = pose.orientation
    orientation.x, orientation.y, orientation.z, orientation.w = quaternion.tolist()


def fill_twist(message: TwistStamped, twist: Array) -> None:
    """Write a twist [6] into a message."""
    linear, angular = message.twist.linear, message.twist.angular
    linear.x, linear.y, linear.z, angular.x, angular.y, angular.z = twist.tolist()


def twist_of(message: TwistStamped) -> Array:
    """Return twist [6] of a message."""
    linear, angular = message.twist.linear, message.twist.angular
    return np.array((linear.x, linear.y, linear.z, angular.x, angular.y, angular.z))


def path_message(frame_id: str, stamp: Time, positions: Array, quaternion: Array) -> Path:
    """Return positions [K, 3] in m, all with one orientation, as a path."""
    path = Path()
    path.header.frame_id, path.header.stamp = frame_id, stamp
    for position in positions:
        pose = PoseStamped(header=path.header)
        fill_pose(pose.pose, position, quaternion)
        path.poses.append(pose)
    return path


def without_numbers(text: str) -> str:
    """Return a text without its numbers, to tell news from a number that counts up or flickers."""
    return _NUMBER.sub("", text)


class Refusal:
    """Reason why a request was refused, which a status shows for `SHOWN` s beside its own text.

    Parameters
    ----------
    reason : one line; empty for none.
    """

    def __init__(self, reason: str = "") -> None:
        self._reason, self._begin = reason, time.monotonic()

    def add_to(self, level: bytes, text: str) -> tuple[bytes, str]:
        """Return level and text of a status with the reason, while it is new."""
        if not self._reason or time.monotonic() - self._begin > SHOWN:
            return level, text
        return max(level, DiagnosticStatus.WARN), f"{text}; {self._reason}"

    @property
    def values(self) -> dict[str, object]:
        """Return the reason as a value of the status, for as long as it is the newest."""
        return {"last_refusal": self._reason} if self._reason else {}


def status_message(
    name: str, hardware: str, level: bytes, text: str, values: Mapping[str, object]
) -> DiagnosticStatus:
    """Return a diagnostic status; numbers are written with 6 digits."""
    return DiagnosticStatus(
        level=level,
        name=name,
        message=text,
        hardware_id=hardware,
        values=[
            KeyValue(key=key, value=f"{value:.6g}" if isinstance(value, float) else str(value))
            for key, value in values.items()
        ],
    )
