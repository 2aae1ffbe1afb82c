"""NPZ files: what is read and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.errors import DemonstrationError

TIME = np.arange(6) / 10
POSITION = np.outer(np.arange(6), [1, 2, 3])


def write(folder: Path, name: str = "hand.npz", **arrays: Any) -> Path:
    np.savez(folder / name, **arrays)
    return folder / name


def test_time_and_position_are_read(tmp_path: Path) -> None:
    demos = load_demonstrations(write(tmp_path, time=TIME, position=POSITION.astype(np.int32)))
    assert (demos.units, demos.frame, demos[0].name) == ("m", "", "hand")
    np.testing.assert_array_equal(demos[0].time, TIME)
    np.testing.assert_array_equal(demos[0].position, POSITION)


def test_units_and_frame_in_the_file_are_used(tmp_path: Path) -> None:
    path = write(tmp_path, time=TIME, position=POSITION, units="mm", frame="table")
    demos = load_demonstrations(path)
    assert (demos.units, demos.frame) == ("mm", "table")
    assert load_demonstrations(path, units="cm").units == "cm"


def test_quaternions_make_poses(tmp_path: Path) -> None:
    quaternion = np.tile([0.0, 0.6, 0.0, 0.8], (6, 1))
    path = write(tmp_path, time=TIME, position=POSITION, quaternion=quaternion)
    demos = load_demonstrations(path)
    np.testing.assert_allclose(
        demos[0].position, np.hstack([POSITION, np.zeros((6, 3))]), atol=1e-12
    )
    assert abs(demos.orientation @ quaternion[0]) == pytest.approx(1.0)


def test_files_of_one_folder_must_agree_on_units(tmp_path: Path) -> None:
    write(tmp_path, "a.npz", time=TIME, position=POSITION, units="mm")
    write(tmp_path, "b.npz", time=TIME, position=POSITION, units="m")
    with pytest.raises(DemonstrationError, match=r"different units: got 'm' in b\.npz"):
        load_demonstrations(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"time": TIME}, r"lacks an array: got \['time'\], expected arrays 'time'"),
        ({"time": TIME, "position": POSITION[None]}, r"wrong shape: got \[1, 6, 3\]"),
        ({"time": TIME, "position": POSITION.astype(str)}, "'position' .* not an array of real"),
        ({"time": TIME, "position": POSITION * 1j}, "'position' .* not an array of real"),
        (
            {"time": TIME, "position": POSITION.astype(object)},
            "can't be read as NPZ: .* pickled objects",
        ),
        ({"time": TIME[::-1], "position": POSITION}, "goes back by 0.1 s at sample"),
        (
            {"time": TIME, "position": POSITION, "quaternion": np.zeros((5, 4))},
            r"time and quaternion in .* differ in length: got 6 times and \[5, 4\]",
        ),
        (
            {"time": TIME, "position": POSITION, "quaternion": np.full((6, 4), 0.6)},
            "sample 0 .* no orientation: got a quaternion of norm 1.2, expected x y z w of norm 1",
        ),
    ],
)
def test_bad_arrays_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = write(tmp_path, **arrays)
    with pytest.raises(DemonstrationError, match=message) as caught:
        load_demonstrations(path)
    assert "hand.npz" in str(caught.value)


@pytest.mark.parametrize("damage", ["text", "empty", "truncated", "npy"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = write(tmp_path, time=TIME, position=POSITION)
    if damage == "text":
        path.write_text("t,x,y\n")
    elif damage == "npy":
        with path.open("wb") as file:
            np.save(file, POSITION)
    else:
        path.write_bytes(b"" if damage == "empty" else path.read_bytes()[:200])
    with pytest.raises(DemonstrationError, match=r"hand\.npz can't be read as NPZ"):
        load_demonstrations(path)
