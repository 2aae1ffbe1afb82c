"""rosbag2: one topic of poses, points or joint states is one demonstration.

A bag is a folder with ``metadata.yaml``, or a bare .mcap or .db3 file. Times are those of the
header stamps; messages without stamps are timed by their arrival. Poses and points are in m
(REP 103), joint states in rad; what `rosbag_writer` noted in a bag's custom data is heeded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import DemonstrationError, MissingExtraError
from ...robot.units import METRES
from ..checks import check_samples
from ..types import Demonstration

Array = NDArray[np.float64]

METADATA = "metadata.yaml"
NANOSECONDS = 1_000_000_000
PER_METRE = {unit: 1.0 / metres for unit, metres in METRES.items()}
"""Units of length that are written as poses or points, which are in m."""
NOTED = ("units", "robot", "note", "placement")
"""What a bag's custom data may say of a demonstration."""
POSE = "geometry_msgs/msg/PoseStamped"
POINT = "geometry_msgs/msg/PointStamped"
JOINTS = "sensor_msgs/msg/JointState"


class _Sample(NamedTuple):
    """One message: position [d], quaternion [4] or None, and what its numbers belong to."""

    position: list[float]
    quaternion: list[float] | None = None
    names: tuple[str, ...] = ()


def _of_pose(pose: Any) -> _Sample:
    p, q = pose.position, pose.orientation
    return _Sample([p.x, p.y, p.z], [q.x, q.y, q.z, q.w])


def _of_point(point: Any) -> _Sample:
    return _Sample([point.x, point.y, point.z])


def _of_joints(message: Any) -> _Sample:
    return _Sample([float(value) for value in message.position], names=tuple(message.name))


KINDS: dict[str, Callable[[Any], _Sample]] = {
    POSE: lambda message: _of_pose(message.pose),
    "geometry_msgs/msg/PoseWithCovarianceStamped": lambda message: _of_pose(message.pose.pose),
    POINT: lambda message: _of_point(message.point),
    JOINTS: _of_joints,
}
"""Message types that are read."""


def is_bag(path: Path) -> bool:
    """Whether a folder is a rosbag2 bag."""
    return (path / METADATA).is_file()


def read_bag(path: Path, topic: str = "") -> tuple[list[Demonstration], dict[str, str]]:
    """The one demonstration in a bag, and what the bag says of units, frame, robot and so on.

    Parameters
    ----------
    path : a bag's folder, or a bare .mcap or .db3 file.
    topic : to read; by default the only one of a type in `KINDS`.

    Raises
    ------
    DemonstrationError
        If the bag is damaged, the topic can't be told, or its messages make no demonstration.
    MissingExtraError
        If the package rosbags is not installed.
    """
    with _opened(path) as reader:
        found = {c.topic: c.msgtype for c in reader.connections if c.msgtype in KINDS}
        topic = _chosen(path, topic, found, {c.topic: c.msgtype for c in reader.connections})
        kind, custom = found[topic], dict(reader.readers[0].storage.metadata.custom or {})
        connections = [c for c in reader.connections if c.topic == topic]
        stamps, arrivals, frames, samples = [], [], [], []
        for connection, arrival, raw in reader.messages(connections):
            message: Any = reader.deserialize(raw, connection.msgtype)
            stamp = message.header.stamp
            stamps.append(stamp.sec * NANOSECONDS + stamp.nanosec)
            arrivals.append(arrival)
            frames.append(message.header.frame_id)
            samples.append(KINDS[kind](message))
    where = f"{topic} in {path}"
    if len(set(frames)) > 1:
        raise DemonstrationError(
            f"{where} changes its frame", got=sorted(set(frames)), expected="one frame_id"
        )
    # Whole numbers divide to the nearest float, those of 64 bits as floats may not.
    time = np.array([stamp / NANOSECONDS for stamp in (stamps if any(stamps) else arrivals)])
    joints = tuple(str(custom["joints"]).split(",")) if "joints" in custom else ()
    position, quaternion = _arrays(where, samples, joints)
    metadata = {"units": "rad" if kind == JOINTS else "m"}
    metadata |= {key: str(custom[key]) for key in NOTED if key in custom}
    if frames and frames[0]:
        metadata["frame"] = frames[0]
    if kind != JOINTS:
        position = position * PER_METRE.get(metadata["units"], 1.0)
    if kind == POINT:
        position = position[:, : int(custom.get("dimension", 3))]
    check_samples(time, position, where, quaternion=quaternion)
    return [Demonstration(time, position, path.stem, quaternion)], metadata


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A reader of the bag; whatever is wrong with its bytes is one `DemonstrationError`."""
    try:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        raise MissingExtraError("rosbags", "rosbag") from error
    try:
        # Bags of Humble and older hold no definitions in .db3 files: theirs are taken.
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader:
            yield reader
    except (DemonstrationError, MissingExtraError):
        raise
    # A damaged bag makes the package raise a dozen unrelated types.
    except Exception as error:
        raise DemonstrationError(
            f"{path} can't be read as a rosbag2 bag",
            got=f"{type(error).__name__}: {error}",
            expected="a folder with metadata.yaml, or a whole .mcap or .db3 file",
        ) from error


def _chosen(path: Path, topic: str, found: dict[str, str], everything: dict[str, str]) -> str:
    """The topic to read."""
    listed = ", ".join(f"{name} ({kind.rpartition('/')[2]})" for name, kind in found.items())
    if not found:
        raise DemonstrationError(
            f"{path} holds no topic that can be read",
            got=", ".join(f"{name} ({kind})" for name, kind in everything.items()) or "no topics",
            expected=" or ".join(kind.rpartition("/")[2] for kind in KINDS),
        )
    if topic:
        names = [name for name in found if name.strip("/") == topic.strip("/")]
        if not names:
            raise DemonstrationError(
                f"{path} holds no such topic", got=f"'{topic}'", expected=f"one of {listed}"
            )
        return names[0]
    if len(found) > 1:
        raise DemonstrationError(
            f"{path} holds several topics that can be read",
            got=listed,
            expected="one",
            advice=f"name it: '{path}?{next(iter(found))}'",
        )
    return next(iter(found))


def _arrays(
    where: str, samples: list[_Sample], joints: tuple[str, ...]
) -> tuple[Array, Array | None]:
    """Positions [N, d], joints in the order given or of the first message; quaternions [N, 4]."""
    if not samples:
        raise DemonstrationError(f"{where} is empty", got="0 messages")
    quaternions = [sample.quaternion for sample in samples if sample.quaternion is not None]
    if not samples[0].names:
        rows = [sample.position for sample in samples]
        return np.array(rows, dtype=np.float64), np.array(quaternions) if quaternions else None
    joints = joints or samples[0].names
    rows = []
    for index, sample in enumerate(samples):
        named = dict(zip(sample.names, sample.position, strict=False))
        if not set(joints) <= set(named):
            raise DemonstrationError(
                f"message {index} of {where} lacks joints",
                got=f"positions of {', '.join(named) or 'none'}",
                expected=", ".join(joints),
            )
        rows.append([named[joint] for joint in joints])
    return np.array(rows, dtype=np.float64), None
