"""Demonstrations written to a folder come back exactly."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from elcd_policy.demonstrations import (
    Demonstration,
    DemonstrationSet,
    load_demonstrations,
    save_demonstrations,
)
from elcd_policy.errors import DemonstrationError, ParameterError
from elcd_policy.placement import Placement

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
    )


@pytest.mark.parametrize("format", ["csv", "npz"])
@given(
    time=st.lists(FINITE, min_size=6, max_size=6, unique=True).map(sorted),
    position=st.integers(1, 5).flatmap(lambda d: arrays(np.float64, (6, d), elements=FINITE)),
)
def test_the_round_trip_is_exact(format: str, time: list[float], position: np.ndarray) -> None:
    position[0, 0] = position[1, 0] / 2 + 1  # something moves
    written = DemonstrationSet([Demonstration(np.array(time), position)], units="rad")
    with tempfile.TemporaryDirectory() as folder:
        read = load_demonstrations(save_demonstrations(written, folder, format))
    np.testing.assert_array_equal(read[0].time, time)
    np.testing.assert_array_equal(read[0].position, position)
    assert read.units == "rad"


@pytest.mark.parametrize("format", ["csv", "npz"])
def test_sets_come_back_in_order_with_all_they_know(tmp_path: Path, format: str) -> None:
    written = lines(12)
    read = load_demonstrations(save_demonstrations(written, tmp_path / "new" / "folder", format))
    assert [demo.duration for demo in read] == [demo.duration for demo in written]
    assert (read.units, read.frame, read.placement) == ("cm", "table", written.placement)


@pytest.mark.parametrize("format", ["csv", "npz"])
def test_poses_come_back(tmp_path: Path, format: str) -> None:
    turns = Rotation.from_euler("y", np.linspace([120], [10], 9), degrees=True)
    positions = np.linspace([0.5, 0.1, 0.3], [0.4, -0.1, 0.2], 9)
    quaternions = turns.as_quat() * np.where(np.arange(9) % 2, -1, 1)[:, None]
    pose = Demonstration(np.arange(9) / 10, positions, quaternion=quaternions)
    written = DemonstrationSet([pose, pose], frame="base")
    read = load_demonstrations(save_demonstrations(written, tmp_path, format))
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


def test_other_demonstrations_in_the_folder_are_not_mixed_in(tmp_path: Path) -> None:
    save_demonstrations(lines(3), tmp_path)
    with pytest.raises(DemonstrationError, match=r"already holds.*got demo_2\.csv;"):
        save_demonstrations(lines(2), tmp_path)
    with pytest.raises(DemonstrationError, match="already holds"):
        save_demonstrations(lines(3), tmp_path, "npz")
    assert len(load_demonstrations(tmp_path)) == 3


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="got 'xlsx', expected csv or npz"):
        save_demonstrations(lines(1), tmp_path / "new", "xlsx")
    assert not (tmp_path / "new").exists()
