"""Write rosbag2 bags, in MCAP or SQLite files, that appear whole or not at all.

Message definitions and their hashes are embedded, so that `ros2 bag`, Foxglove and others read
them. Poses and points are in m (REP 103); a bag notes the units that a demonstration had, and
what else there is to say, in the custom data of its ``metadata.yaml``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....errors import DemonstrationError, MissingExtraError
from ....robot.orientation import to_pose
from ...sidecar import format_about
from ...types import Demonstration, DemonstrationSet
from .bag_messages import JOINTS, POINT, POSE
from .bag_reader import NANOSECONDS, PER_METRE

STORAGES = ("mcap", "db3")
LARGEST_TIME = 2**31  # s, of a stamp


class BagWriter:
    """A bag of one topic, put in place when it is closed.

    Until then it lies in a hidden folder beside its place, which nothing loads.

    Parameters
    ----------
    path : of the bag's folder; it must not exist.
    topic : its name, with a leading slash.
    kind : the message type, such as "geometry_msgs/msg/PoseStamped".
    storage : "mcap" or "db3".
    about : texts for the custom data; empty ones are left out.

    Raises
    ------
    DemonstrationError
        If there is something at ``path``.
    MissingExtraError
        If the package rosbags is not installed.
    """

    def __init__(
        self,
        path: Path,
        topic: str,
        kind: str,
        storage: str = "mcap",
        about: Mapping[str, str] | None = None,
    ) -> None:
        try:
            from rosbags.rosbag2 import StoragePlugin, Writer
            from rosbags.typesys import Stores, get_typestore
        except ImportError as error:
            raise MissingExtraError("rosbags", "rosbag") from error
        if path.exists():
            raise DemonstrationError(f"{path} exists", expected="no bag of that name")
        self.path = path
        self._partial = path.parent / f".{path.name}.{os.getpid()}.partial"
        shutil.rmtree(self._partial, ignore_errors=True)
        plugin = {"mcap": StoragePlugin.MCAP, "db3": StoragePlugin.SQLITE3}[storage]
        # The files in a bag are named after its folder: the folder has its final name already.
        self._writer = Writer(self._partial / path.name, version=9, storage_plugin=plugin)
        for key, value in (about or {}).items():
            if value:
                self._writer.set_custom_data(key, value)
        self.types = get_typestore(Stores.ROS2_JAZZY)
        self._kind = kind
        self._writer.open()
        self._connection = self._writer.add_connection(topic, kind, typestore=self.types)

    def write(self, time: int, message: bytes | Any) -> None:
        """Add a message, serialised or of ``types``, that arrived at ``time`` in ns."""
        if not isinstance(message, bytes):
            message = self.types.serialize_cdr(message, self._kind)
        self._writer.write(self._connection, time, message)

    def close(self) -> None:
        """Finish the bag and put it in its place."""
        self._writer.close()
        os.replace(self._partial / self.path.name, self.path)
        self._partial.rmdir()

    def discard(self) -> None:
        """Give the bag up; nothing is left of it."""
        self._writer.abort()
        shutil.rmtree(self._partial, ignore_errors=True)


def write_bag(
    path: Path,
    demonstration: Demonstration,
    whole: DemonstrationSet,
    about: Mapping[str, Any],
    storage: str = "mcap",
) -> None:
    """Write one demonstration as a bag of one topic.

    Poses become PoseStamped messages on ``/ee_pose``, up to three coordinates of length
    PointStamped on ``/ee_point``, anything else JointState on ``/joint_states``. Times keep
    their whole nanoseconds, coordinates all digits; lengths in mm or cm are divided to m.

    Parameters
    ----------
    path : of the bag's folder; it must not exist.
    whole : the set that it belongs to.
    about : ``units``, ``frame`` and whatever else is said of the set, see `sidecar.KEYS`.
    storage : "mcap" or "db3".

    Raises
    ------
    DemonstrationError
        If there is something at ``path``, or a time does not fit a stamp.
    MissingExtraError
        If the package rosbags is not installed.
    """
    if np.abs(demonstration.time).max() >= LARGEST_TIME:
        raise DemonstrationError(
            f"{demonstration.name or 'a demonstration'} can't be written as a bag",
            got=f"times from {demonstration.time[0]:g} to {demonstration.time[-1]:g} s",
            expected="seconds of 32 bits",
        )
    d, units = demonstration.dimension, about.get("units", "m")
    quaternions: NDArray[np.float64] | None = None
    position = demonstration.position
    if whole.orientation is not None:
        kind, topic = POSE, "/ee_pose"
        position, quaternions = to_pose(position, whole.orientation)
    elif d <= 3 and units in PER_METRE:
        kind, topic = POINT, "/ee_point"
        position = np.pad(position, [(0, 0), (0, 3 - d)])
    else:
        kind, topic = JOINTS, "/joint_states"
    noted = format_about({key: value for key, value in about.items() if key != "frame"})
    if kind == POINT and d < 3:
        noted["dimension"] = str(d)
    if kind != JOINTS:
        position = position / PER_METRE.get(units, 1.0)
    # A product of floats may be a nanosecond off.
    times = [round(Fraction(time) * NANOSECONDS) for time in demonstration.time.tolist()]
    bag = BagWriter(path, topic, kind, storage, noted)
    try:
        for index, time in enumerate(times):
            message = _message(
                bag.types,
                kind,
                time,
                about.get("frame", ""),
                position[index],
                None if quaternions is None else quaternions[index],
                whole.names,
            )
            # Arrivals are unsigned, stamps are not: a motion may begin before zero.
            bag.write(time - min(times[0], 0), message)
        bag.close()
    except BaseException:
        bag.discard()
        raise


def _message(
    store: Any,
    kind: str,
    time: int,
    frame: str,
    position: NDArray[np.float64],
    quaternion: NDArray[np.float64] | None,
    names: Sequence[str],
) -> Any:
    """Return a message with stamp ``time`` in ns."""
    types = store.types
    seconds, nanoseconds = divmod(time, NANOSECONDS)
    stamp = types["builtin_interfaces/msg/Time"](sec=seconds, nanosec=nanoseconds)
    header = types["std_msgs/msg/Header"](stamp=stamp, frame_id=frame)
    if kind == JOINTS:
        nothing = np.zeros(0)
        return types[kind](
            header=header, name=list(names), position=position, velocity=nothing, effort=nothing
        )
    x, y, z = position.tolist()
    point = types["geometry_msgs/msg/Point"](x=x, y=y, z=z)
    if quaternion is None:
        return types[kind](header=header, point=point)
    qx, qy, qz, qw = quaternion.tolist()
    turn = types["geometry_msgs/msg/Quaternion"](x=qx, y=qy, z=qz, w=qw)
    pose = types["geometry_msgs/msg/Pose"](position=point, orientation=turn)
    return types[kind](header=header, pose=pose)
