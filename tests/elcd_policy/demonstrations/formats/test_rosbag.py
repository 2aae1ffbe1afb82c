"""Bags written elsewhere: by the package rosbags, with its own messages and both storages."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

rosbags = pytest.importorskip("rosbags.rosbag2")

from rosbags.typesys import Stores, get_typestore  # noqa: E402

from elcd_policy import load_demonstrations  # noqa: E402
from elcd_policy.errors import DemonstrationError, MissingExtraError  # noqa: E402

T0 = 1_760_000_000_000_000_000  # ns
TIME = 0.01 * np.arange(20)
POSITION = np.column_stack([TIME, TIME**2, 0.5 - TIME])
STORAGES = {"mcap": rosbags.StoragePlugin.MCAP, "db3": rosbags.StoragePlugin.SQLITE3}

Messages = Sequence[tuple[str, str, int, Any]]


class Factory:
    """Messages of a ROS distribution, and bags of them."""

    def __init__(self, store: Stores = Stores.ROS2_JAZZY) -> None:
        self.store = get_typestore(store)

    def make(self, kind: str, **fields: Any) -> Any:
        return self.store.types[kind](**fields)

    def header(self, stamp: int, frame: str = "base") -> Any:
        sec, nanosec = divmod(stamp, 1_000_000_000)
        time = self.make("builtin_interfaces/msg/Time", sec=sec, nanosec=nanosec)
        return self.make("std_msgs/msg/Header", stamp=time, frame_id=frame)

    def point(self, position: np.ndarray) -> Any:
        x, y, z = map(float, position)
        return self.make("geometry_msgs/msg/Point", x=x, y=y, z=z)

    def pose(self, position: np.ndarray) -> Any:
        turn = self.make("geometry_msgs/msg/Quaternion", x=0.0, y=0.6, z=0.0, w=0.8)
        return self.make("geometry_msgs/msg/Pose", position=self.point(position), orientation=turn)

    def poses(self, topic: str = "/ee_pose", frame: str = "base", stamped: bool = True) -> Messages:
        """(topic, kind, arrival, message) of `POSITION`; each arrives 5 ms after its stamp."""
        kind, stamps = "geometry_msgs/msg/PoseStamped", T0 + np.round(1e9 * TIME).astype(int)
        return [
            (
                topic,
                kind,
                int(stamp) + 5_000_000,
                self.make(
                    kind,
                    header=self.header(int(stamp) if stamped else 0, frame),
                    pose=self.pose(position),
                ),
            )
            for stamp, position in zip(stamps, POSITION, strict=True)
        ]

    def joints(self, order: Callable[[int], list[str]], topic: str = "/joint_states") -> Messages:
        """Joint a at t, b at t^2, c at 0.5 - t; message i names them in ``order(i)``."""
        kind, column = "sensor_msgs/msg/JointState", {"a": 0, "b": 1, "c": 2}
        messages = []
        for index, position in enumerate(POSITION):
            names, stamp = order(index), T0 + 10_000_000 * index
            messages.append(
                (
                    topic,
                    kind,
                    stamp,
                    self.make(
                        kind,
                        header=self.header(stamp, ""),
                        name=names,
                        position=np.array([position[column[name]] for name in names]),
                        velocity=np.zeros(0),
                        effort=np.zeros(0),
                    ),
                )
            )
        return messages

    def text(self) -> Messages:
        return [("/note", "std_msgs/msg/String", T0, self.make("std_msgs/msg/String", data="x"))]

    def write(
        self, path: Path, messages: Messages, storage: str = "mcap", version: Any = 9
    ) -> Path:
        plugin = STORAGES[storage]
        with rosbags.Writer(path, version=version, storage_plugin=plugin) as writer:
            connections: dict[str, Any] = {}
            for topic, kind, arrival, message in messages:
                if topic not in connections:
                    connections[topic] = writer.add_connection(topic, kind, typestore=self.store)
                raw = self.store.serialize_cdr(message, kind)
                writer.write(connections[topic], arrival, raw)
        return path


@pytest.fixture(scope="module")
def ros() -> Factory:
    return Factory()


@pytest.mark.parametrize("storage", STORAGES)
def test_poses_are_read_by_their_stamps(storage: str, ros: Factory, tmp_path: Path) -> None:
    bag = ros.write(tmp_path / "hand", [*ros.text(), *ros.poses()], storage)
    demos = load_demonstrations(bag)
    assert (len(demos), demos.dimension, demos.units, demos.frame) == (1, 6, "m", "base")
    assert demos[0].name == "hand"
    np.testing.assert_allclose(demos[0].time, TIME, atol=1e-12)
    np.testing.assert_array_equal(demos[0].position[:, :3], POSITION)
    assert abs(demos.orientation @ [0.0, 0.6, 0.0, 0.8]) == pytest.approx(1.0)


@pytest.mark.parametrize("storage", STORAGES)
def test_a_bare_file_is_read(storage: str, ros: Factory, tmp_path: Path) -> None:
    bag = ros.write(tmp_path / "hand", ros.poses(), storage)
    (file,) = bag.glob(f"*.{storage}")
    np.testing.assert_array_equal(load_demonstrations(file)[0].position[:, :3], POSITION)


def test_bags_of_humble_are_read(tmp_path: Path) -> None:
    humble = Factory(Stores.ROS2_HUMBLE)
    bag = humble.write(tmp_path / "old", humble.poses(), "db3", version=8)
    np.testing.assert_array_equal(load_demonstrations(bag)[0].position[:, :3], POSITION)


def test_orientations_can_be_left_out(ros: Factory, tmp_path: Path) -> None:
    bag = ros.write(tmp_path / "hand", [*ros.poses("/a"), *ros.poses("/b")])
    for source in (f"{bag}?/b/position", f"{bag}?b/position"):
        demos = load_demonstrations(source)
        assert (demos.dimension, demos.orientation, demos.source) == (3, None, source)
        np.testing.assert_array_equal(demos[0].position, POSITION)


def test_other_messages_with_positions_are_read(ros: Factory, tmp_path: Path) -> None:
    point, pose = "geometry_msgs/msg/PointStamped", "geometry_msgs/msg/PoseWithCovarianceStamped"
    messages = []
    for _, _, arrival, message in ros.poses():
        covered = ros.make(
            "geometry_msgs/msg/PoseWithCovariance", pose=message.pose, covariance=np.zeros(36)
        )
        where = message.pose.position
        messages += [
            ("/point", point, arrival, ros.make(point, header=message.header, point=where)),
            ("/tracked", pose, arrival, ros.make(pose, header=message.header, pose=covered)),
        ]
    bag = ros.write(tmp_path / "hand", messages)
    points = load_demonstrations(f"{bag}?/point")
    tracked = load_demonstrations(f"{bag}?/tracked")
    assert (points.dimension, tracked.dimension) == (3, 6)
    np.testing.assert_array_equal(points[0].position, POSITION)
    np.testing.assert_array_equal(tracked[0].position[:, :3], POSITION)


def test_joint_states_are_put_in_one_order(ros: Factory, tmp_path: Path) -> None:
    shuffled = ros.joints(lambda i: [["b", "a", "c"], ["c", "a", "b"]][i % 2])
    demos = load_demonstrations(ros.write(tmp_path / "hand", shuffled))
    assert (demos.dimension, demos.units, demos.frame) == (3, "rad", "")
    np.testing.assert_array_equal(demos[0].position, POSITION[:, [1, 0, 2]])


def test_messages_without_stamps_are_timed_by_their_arrival(ros: Factory, tmp_path: Path) -> None:
    demos = load_demonstrations(ros.write(tmp_path / "hand", ros.poses(stamped=False)))
    np.testing.assert_allclose(demos[0].time, TIME, atol=1e-12)


def test_a_folder_of_bags_is_one_set_in_natural_order(ros: Factory, tmp_path: Path) -> None:
    for name in ("demo_10", "demo_9", ".demo_11.partial"):
        ros.write(tmp_path / name, ros.poses())
    demos = load_demonstrations(f"{tmp_path}?/ee_pose")
    assert [demo.name for demo in demos] == ["demo_9", "demo_10"]


def test_a_choice_of_topics_is_the_users(ros: Factory, tmp_path: Path) -> None:
    messages = [*ros.poses(), *ros.joints(lambda i: ["a", "b"])]
    bag = ros.write(tmp_path / "hand", messages)
    advice = r"/ee_pose \(PoseStamped\), /joint_states \(JointState\).*name it: '.*hand\?/ee_pose'"
    with pytest.raises(DemonstrationError, match=advice):
        load_demonstrations(bag)
    assert load_demonstrations(f"{bag}?/joint_states").dimension == 2
    assert load_demonstrations(f"{bag}?ee_pose").dimension == 6
    with pytest.raises(DemonstrationError, match=r"no such topic: got '/pose', expected one of /e"):
        load_demonstrations(f"{bag}?/pose")


def test_what_makes_no_demonstration_is_said(ros: Factory, tmp_path: Path) -> None:
    def complaint(name: str, messages: Messages) -> str:
        with pytest.raises(DemonstrationError) as caught:
            load_demonstrations(ros.write(tmp_path / name, messages))
        assert "\n" not in str(caught.value)
        return str(caught.value)

    poses = ros.poses()
    pose = ros.pose(POSITION[0])
    odd = ros.make(poses[0][1], header=poses[-1][3].header, pose=pose)
    two_frames = [*poses[:10], *ros.poses(frame="world")[10:]]
    missing = ros.joints(lambda i: ["a", "b"] if i < 7 else ["a"])
    topic, kind, arrival, _ = poses[-1]
    twice = [*poses, (topic, kind, arrival + 1, poses[-2][3]), (topic, kind, arrival + 2, odd)]
    assert "no topic that can be read: got /note (std_msgs" in complaint("a", ros.text())
    assert "changes its frame: got ['base', 'world']" in complaint("b", two_frames)
    assert "message 7 of /joint_states" in complaint("c", missing)
    assert "too short: got 3 samples" in complaint("d", poses[:3])
    assert "time does not increase at message 21" in complaint("e", twice)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("damage", ["noise", "gone"])
def test_damaged_bags_are_one_line(damage: str, storage: str, ros: Factory, tmp_path: Path) -> None:
    bag = ros.write(tmp_path / "hand", ros.poses(), storage)
    (file,) = bag.glob(f"*.{storage}")
    if damage == "noise":
        file.write_bytes(b"\xa5" * file.stat().st_size)
    else:
        file.unlink()
    with pytest.raises(DemonstrationError, match="hand can't be read as a rosbag2 bag") as caught:
        load_demonstrations(bag)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("metadata", ["rosbag2_bagfile_information: [", "a: &x 1\nb: *x"])
def test_metadata_that_say_nothing_are_done_without(
    metadata: str, storage: str, ros: Factory, tmp_path: Path
) -> None:
    bag = ros.write(tmp_path / "hand", ros.poses(), storage)
    (bag / "metadata.yaml").write_text(metadata)
    np.testing.assert_array_equal(load_demonstrations(bag)[0].position[:, :3], POSITION)


def test_a_bag_whose_recorder_was_killed_is_read_up_to_the_break(
    ros: Factory, tmp_path: Path
) -> None:
    (file,) = ros.write(tmp_path / "hand", ros.poses()).glob("*.mcap")
    content = file.read_bytes()
    file.write_bytes(content[: int(0.35 * len(content))])
    demos = load_demonstrations(file)
    count = len(demos[0].time)
    assert 5 <= count < 20
    np.testing.assert_array_equal(demos[0].position[:, :3], POSITION[:count])
    assert f"read up to the break, {count} messages" in demos.remarks[0]


def test_a_missing_package_names_the_extra(
    ros: Factory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = ros.write(tmp_path / "hand", ros.poses())
    monkeypatch.setitem(sys.modules, "rosbags.highlevel", None)
    with pytest.raises(MissingExtraError, match=r"'rosbags' .*elcd_policy\[rosbag\]"):
        load_demonstrations(bag)
    shutil.rmtree(bag)
    with pytest.raises(DemonstrationError, match="does not exist"):
        load_demonstrations(bag)
