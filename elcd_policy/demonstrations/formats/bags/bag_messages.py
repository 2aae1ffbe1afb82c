"""ROS messages that hold where a robot is: which numbers, called what, of which body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..csv import POSE as POSE_LABELS

POSE = "geometry_msgs/msg/PoseStamped"
POINT = "geometry_msgs/msg/PointStamped"
JOINTS = "sensor_msgs/msg/JointState"
TRANSFORMS = "tf2_msgs/msg/TFMessage"
PATH = "nav_msgs/msg/Path"
POINT_LABELS = POSE_LABELS[:3]


class Sample(NamedTuple):
    """What a message says of one body.

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

ASIDE = (TRANSFORMS,)
"""Types that are read where they are named, or where there is nothing else."""
