"""Readers of recorded topics: from a serialised message to the numbers of a state."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState

from elcd_policy.demonstrations.formats.bags import JOINTS, POSE

from ..following.joint_assembler import JointAssembler
from ..node.messages import NANOSECONDS, position_of, quaternion_of, seconds

Array = NDArray[np.float64]


class Reading(NamedTuple):
    """A state: stamp in ns, position [n], quaternion [4] or None, its message, its fault."""

    stamp: int
    position: Array
    quaternion: Array | None
    raw: bytes
    fault: str


class PoseReader:
    """Reads poses of the TCP in m.

    Parameters
    ----------
    frame : that they must name.
    """

    message, kind, topic = PoseStamped, POSE, "ee_pose"
    columns = ("x", "y", "z", "qx", "qy", "qz", "qw")

    def __init__(self, frame: str) -> None:
        self._frame = frame
        self.about = {"units": "m", "frame": frame}
        """Facts that are kept with a demonstration."""

    def freeze(self) -> None:
        """Prepare for an episode."""

    def read(self, raw: bytes) -> Reading | None:
        """Return the state of a serialised message."""
        message = deserialize_message(raw, PoseStamped)
        found, fault = message.header.frame_id, ""
        if found != self._frame:
            fault = f"the frame is '{found}', expected '{self._frame}'"
        position, quaternion = position_of(message.pose), quaternion_of(message.pose)
        if not fault and not np.isfinite([*position, *quaternion]).all():
            fault = "a value is not finite"
        return Reading(_stamp(message), position, quaternion, raw, fault)


class JointReader:
    """Reads joint positions in rad, merged by name over the messages that hold them.

    Parameters
    ----------
    joints : names, in order; none for those that are heard before the first episode.
    """

    message, kind, topic = JointState, JOINTS, "joint_states"

    def __init__(self, joints: Sequence[str]) -> None:
        self._joints = JointAssembler(joints)
        self._taken = -np.inf
        self._types: Any = None  # of rosbags, once they are needed

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the joints."""
        return self._joints.joints

    @property
    def about(self) -> dict[str, str]:
        """Facts that are kept with a demonstration."""
        return {"units": "rad", "joints": ",".join(self.columns)}

    def freeze(self) -> None:
        """Prepare for an episode: its joints are those that were heard."""
        self._joints.freeze()

    def read(self, raw: bytes) -> Reading | None:
        """Return a state once all joints were heard anew; None until then."""
        message = deserialize_message(raw, JointState)
        known, now = self._joints, time.monotonic()
        taken, fault = known.take(
            message.name, message.position, seconds(message.header.stamp), now
        )
        if known.missing:
            fault = f"the joints {', '.join(known.missing)} are missing"
        elif not fault:
            if not taken or known.oldest[2] <= self._taken:
                return None
            self._taken = now
        position = known.positions
        if not fault and not np.isfinite(position).all():
            fault = "a value is not finite"
        if not set(known.joints) <= set(message.name):
            raw = self._serialise(message, position)
        return Reading(_stamp(message), position, None, raw, fault)

    def _serialise(self, message: JointState, position: Array) -> bytes:
        """Return a message of all joints, with the header of another, as bags hold it.

        rclpy pads what it serialises, which bag readers refuse.
        """
        if self._types is None:
            from rosbags.typesys import Stores, get_typestore

            self._types = get_typestore(Stores.ROS2_JAZZY)
        types, stamp, nothing = self._types.types, message.header.stamp, np.zeros(0)
        time = types["builtin_interfaces/msg/Time"](sec=stamp.sec, nanosec=stamp.nanosec)
        header = types["std_msgs/msg/Header"](stamp=time, frame_id=message.header.frame_id)
        whole = types[self.kind](
            header=header,
            name=list(self.columns),
            position=position,
            velocity=nothing,
            effort=nothing,
        )
        return bytes(self._types.serialize_cdr(whole, self.kind))


def _stamp(message: PoseStamped | JointState) -> int:
    return int(message.header.stamp.sec * NANOSECONDS + message.header.stamp.nanosec)
