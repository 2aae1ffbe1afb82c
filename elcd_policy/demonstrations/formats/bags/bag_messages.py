"""ROS messages that hold where a robot is: which numbers, called what, of which body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..csv import POSE as POSE_LABELS

POSE = "geometry_msgs/msg/PoseStamped"
POINT = "geometry_msgs/msg/PointStamped"
JOINTS = "sensor_msgs/msg/JointState"
TRANSFORMS = "tf2_msgs/msg/TFMessage"
PATH = "nav_msgs/msg/Path"
POINT_LABELS = POSE_LABELS[:3]


class Sample(NamedTuple):
    """The part of a message about one body.

    ``header`` is None for messages without one; ``body`` names a transform's child frame.
    """

    labels: tuple[str, ...]
    values: list[float]
    header: Any = None
    body: str = ""


def _pose(pose: Any, header: Any = None, body: str = "") -> Sample:
    p, q = pose.position, pose.orientation
    return Sample(POSE_LABELS, [p.x, p.y, p.z, q.x, q.y, q.z, q.w], header, body)


def _point(point: Any, header: Any = None) -> Sample:
    return Sample(POINT_LABELS, [point.x, point.y, point.z], header)


def _transform(transform: Any, header: Any = None, body: str = "") -> Sample:
    p, q = transform.translation, transform.rotation
    return Sample(POSE_LABELS, [p.x, p.y, p.z, q.x, q.y, q.z, q.w], header, body)


def _joints(message: Any) -> Sample:
    names, values = tuple(message.name), message.position.tolist()
    # Some drivers publish velocities alone now and then.
    return Sample(names if values else (), values, message.header)


def _array(message: Any) -> list[Sample]:
    if len(message.poses) != 1:
        raise ValueError(f"{len(message.poses)} poses in one message, expected 1")
    return [_pose(message.poses[0], message.header)]


KINDS: dict[str, Callable[[Any], list[Sample]]] = {
    POSE: lambda m: [_pose(m.pose, m.header)],
    "geometry_msgs/msg/PoseWithCovarianceStamped": lambda m: [_pose(m.pose.pose, m.header)],
    "geometry_msgs/msg/Pose": lambda m: [_pose(m)],
    "geometry_msgs/msg/PoseArray": _array,
    PATH: lambda m: [_pose(each.pose, each.header) for each in m.poses],
    POINT: lambda m: [_point(m.point, m.header)],
    "geometry_msgs/msg/Point": lambda m: [_point(m)],
    JOINTS: lambda m: [_joints(m)],
    "geometry_msgs/msg/TransformStamped": lambda m: [
        _transform(m.transform, m.header, m.child_frame_id)
    ],
    "geometry_msgs/msg/Transform": lambda m: [_transform(m)],
    TRANSFORMS: lambda m: [
        _transform(t.transform, t.header, t.child_frame_id) for t in m.transforms
    ],
    "nav_msgs/msg/Odometry": lambda m: [_pose(m.pose.pose, m.header)],
}
"""Message types that are read."""

FIXED = {POSE: len(POSE_LABELS), POINT: len(POINT_LABELS)}
"""Types that are a header and so many doubles, which end the message."""
LITTLE_ENDIAN = b"\x00\x01"
"""How CDR begins."""


def decode_block(
    kind: str, messages: Sequence[bytes]
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Return stamps [N] in ns and numbers [N, k] of serialised messages of one frame, all at once.

    Of a header in CDR the stamp comes first and the frame last; what follows it is aligned, so
    that messages of one frame differ in their stamps and in their last doubles alone.

    Parameters
    ----------
    kind : one of `FIXED`.
    messages : each as its writer serialised it.

    Returns
    -------
    None if they are not all alike.
    """
    size, tail = len(messages[0]), 8 * FIXED[kind]
    if size < 16 + tail or any(len(message) != size for message in messages):
        return None
    raw = np.frombuffer(b"".join(messages), dtype=np.uint8).reshape(-1, size)
    same = raw[:, 12:-tail] == raw[0, 12:-tail]
    if messages[0][:2] != LITTLE_ENDIAN or not (same.all() and (raw[:, :4] == raw[0, :4]).all()):
        return None
    seconds = raw[:, 4:8].copy().view("<i4")[:, 0].astype(np.int64)
    nanoseconds = raw[:, 8:12].copy().view("<u4")[:, 0]
    return seconds * 1_000_000_000 + nanoseconds, raw[:, -tail:].copy().view("<f8")


ASIDE = (TRANSFORMS,)
"""Types that are read where they are named, or where there is nothing else."""
