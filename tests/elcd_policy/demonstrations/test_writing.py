"""Demonstrations written to a folder come back exactly."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rosbags.highlevel import AnyReader
from scipy.spatial.transform import Rotation

from elcd_policy.demonstrations import (
    Demonstration,
    DemonstrationSet,
    load_demonstrations,
    save_demonstrations,
)
from elcd_policy.demonstrations.writing import FORMATS
from elcd_policy.errors import DemonstrationError, ParameterError
from elcd_policy.robot.placement import Placement

FINITE = st.floats(-1e300, 1e300)


def lines(count: int, d: int = 3) -> DemonstrationSet:
    time = np.linspace(0, 1, 7)
    return DemonstrationSet(
        [
            Demonstration(time * (i + 1), np.outer(time, np.arange(1, d + 1)) / 3)
            for i in range(count)
        ],
        units="cm",
        frame="table",
        placement=Placement(metres_per_unit=0.01),
        robot="panda",
        note="by hand; slowly",
    )


def target(folder: str | Path, format: str) -> Path:
    return Path(folder, "set.hdf5" if format == "hdf5" else "")


@pytest.mark.parametrize("format", ["csv", "npz", "hdf5", "lerobot"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of velocities beyond floats
@settings(deadline=None, max_examples=12)
@given(
    # Times beyond are counted from the first one on.
    time=st.lists(st.floats(-1e8, 1e8), min_size=6, max_size=6, unique=True).map(sorted),
    position=st.integers(1, 5).flatmap(lambda d: arrays(np.float64, (6, d), elements=FINITE)),
)
def test_the_round_trip_is_exact(format: str, time: list[float], position: np.ndarray) -> None:
    position[0, 0] = position[1, 0] / 2 + 1  # something moves
    written = DemonstrationSet([Demonstration(np.array(time), position)], units="rad")
    with tempfile.TemporaryDirectory() as folder:
        read = load_demonstrations(save_demonstrations(written, target(folder, format), format))
    np.testing.assert_array_equal(read[0].time, time)
    np.testing.assert_array_equal(read[0].position, position)
    assert read.units == "rad"


@settings(max_examples=10, deadline=None)
@given(
    time=st.lists(st.integers(-(2**52), 2**52), min_size=6, max_size=6, unique=True).map(sorted),
    position=st.integers(1, 8).flatmap(lambda d: arrays(np.float64, (6, d), elements=FINITE)),
)
def test_bags_keep_metres_angles_and_whole_nanoseconds(
    time: list[int], position: np.ndarray
) -> None:
    position[0, 0] = position[1, 0] / 2 + 1
    units = "m" if position.shape[1] <= 3 else "rad"
    motion = Demonstration(np.array(time) / 1e9, position)
    with tempfile.TemporaryDirectory() as folder:
        save_demonstrations(DemonstrationSet([motion], units=units), folder, "mcap")
        read = load_demonstrations(folder)
    np.testing.assert_array_equal(read[0].time, motion.time)
    np.testing.assert_array_equal(read[0].position, position)
    assert read.units == units


@pytest.mark.parametrize("format", FORMATS)
def test_sets_come_back_in_order_with_all_they_know(tmp_path: Path, format: str) -> None:
    written = lines(12)
    path = target(tmp_path / "new" / "folder", format)
    read = load_demonstrations(save_demonstrations(written, path, format))
    assert [demo.duration for demo in read] == [demo.duration for demo in written]
    for key in ("dimension", "units", "frame", "placement", "robot", "note"):
        assert getattr(read, key) == getattr(written, key)
    for before, after in zip(written, read, strict=True):
        np.testing.assert_allclose(after.position, before.position, rtol=1e-15)


def test_lengths_are_metres_in_bags(tmp_path: Path) -> None:
    save_demonstrations(lines(1, d=2), tmp_path, "mcap")
    with AnyReader([tmp_path / "demo_0"]) as bag:
        (connection,) = bag.connections
        *_, (_, arrival, raw) = bag.messages()
        last = bag.deserialize(raw, connection.msgtype)
    assert (connection.topic, connection.msgtype) == ("/ee_point", "geometry_msgs/msg/PointStamped")
    assert (arrival, last.header.frame_id) == (10**9, "table")
    assert (last.point.x, last.point.y, last.point.z) == pytest.approx((0.01 / 3, 0.02 / 3, 0.0))


def test_times_beyond_a_stamp_are_refused(tmp_path: Path) -> None:
    motion = Demonstration(1e10 + np.arange(6), np.arange(6.0)[:, None])
    with pytest.raises(DemonstrationError, match="expected seconds of 32 bits"):
        save_demonstrations(DemonstrationSet([motion]), tmp_path, "mcap")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_poses_come_back(tmp_path: Path, format: str) -> None:
    turns = Rotation.from_euler("y", np.linspace([120], [10], 9), degrees=True)
    positions = np.linspace([0.5, 0.1, 0.3], [0.4, -0.1, 0.2], 9)
    quaternions = turns.as_quat() * np.where(np.arange(9) % 2, -1, 1)[:, None]
    pose = Demonstration(np.arange(9) / 10, positions, quaternion=quaternions)
    written = DemonstrationSet([pose, pose], frame="base")
    read = load_demonstrations(save_demonstrations(written, target(tmp_path, format), format))
    assert abs(read.orientation @ written.orientation) == pytest.approx(1.0)
    np.testing.assert_allclose(read[1].position, written[1].position, atol=1e-12)
    expected = (turns * turns[-1].inv()).as_rotvec()
    np.testing.assert_allclose(read[0].position[:, 3:], expected, atol=1e-12)


def test_csv_columns_are_named(tmp_path: Path) -> None:
    save_demonstrations(lines(1, d=3), tmp_path / "a")
    save_demonstrations(lines(1, d=4), tmp_path / "b")
    assert (tmp_path / "a" / "demo_0.csv").read_text().startswith("t,x,y,z\n0.0,0.0,0.0,0.0\n")
    assert (tmp_path / "b" / "demo_0.csv").read_text().startswith("t,x0,x1,x2,x3\n")
    poses = DemonstrationSet(lines(1, d=6).demonstrations, orientation=[0, 0, 0, 1])
    save_demonstrations(poses[:], tmp_path / "c")
    assert (tmp_path / "c" / "demo_0.csv").read_text().startswith("t,x,y,z,qx,qy,qz,qw\n")


def test_saving_again_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    save_demonstrations(lines(2), tmp_path)
    save_demonstrations(lines(3), tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["demo_0.csv", "demo_1.csv", "demo_2.csv", "demonstrations.json"]
    for _ in range(2):
        save_demonstrations(lines(1), tmp_path / "bags", "mcap")
    assert [path.name for path in (tmp_path / "bags").iterdir()] == ["demo_0"]


def test_other_demonstrations_in_the_folder_are_not_mixed_in(tmp_path: Path) -> None:
    save_demonstrations(lines(3), tmp_path)
    with pytest.raises(DemonstrationError, match=r"already holds.*got demo_2\.csv;"):
        save_demonstrations(lines(2), tmp_path)
    with pytest.raises(DemonstrationError, match="already holds"):
        save_demonstrations(lines(3), tmp_path, "npz")
    assert len(load_demonstrations(tmp_path)) == 3


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="got 'xlsx', expected csv or npz or mcap"):
        save_demonstrations(lines(1), tmp_path / "new", "xlsx")
    assert not (tmp_path / "new").exists()
