"""CSV files: what is read, and the line that is named when it can't be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.errors import DemonstrationError

ROWS = "".join(f"{0.1 * i},{i},{2 * i}\n" for i in range(6))

POSES = "t,x,y,qx,qy,qz,qw,z\n" + "".join(
    f"{0.1 * i:.1f},{i + 1},{2 * i + 2},0,0,{'-0.6,-0.8' if i == 3 else '0.6,0.8'},7\n"
    for i in range(6)
)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "hand.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_coordinates_are_read_under_any_name(tmp_path: Path) -> None:
    demos = load_demonstrations(write(tmp_path, "t,east,north\n" + ROWS))
    assert (len(demos), demos.units, demos[0].name) == (1, "m", "hand")
    np.testing.assert_allclose(demos[0].time, 0.1 * np.arange(6))
    np.testing.assert_array_equal(demos[0].position, np.outer(np.arange(6), [1, 2]))


def test_what_spreadsheets_write_is_read(tmp_path: Path) -> None:
    text = "\ufeff" + "Time, x, y\n" + ROWS + "\n"
    demos = load_demonstrations(write(tmp_path, text.replace("\n", "\r\n")))
    assert demos[0].position.shape == (6, 2)


def test_the_clock_may_stand_anywhere_and_lines_may_be_blank(tmp_path: Path) -> None:
    rows = "".join(f"{i},{2 * i},{0.1 * i}\n\n" for i in range(6))
    demos = load_demonstrations(write(tmp_path, "# by hand\n\nx,y,t\n" + rows))
    np.testing.assert_array_equal(demos[0].position, np.outer(np.arange(6), [1, 2]))


def test_quaternion_columns_make_poses_wherever_they_stand(tmp_path: Path) -> None:
    demos = load_demonstrations(write(tmp_path, POSES))
    assert demos.dimension == 6
    np.testing.assert_array_equal(demos[0].position[:, :3], [[i, 2 * i, 7] for i in range(1, 7)])
    # A flipped sign is the same orientation.
    np.testing.assert_allclose(demos[0].position[:, 3:], 0.0, atol=1e-12)
    assert abs(demos.orientation @ [0, 0, 0.6, 0.8]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "hand.csv is empty: expected a header"),
        ("\n\n", "hand.csv is empty"),
        ("t,x,y\n", "too short: got 0 samples"),
        ("t,x,y\n" + ROWS[:16], "too short: got 2 samples"),
        (ROWS, "line 1 of .*hand.csv is not a header: got '0.0,0,0'"),
        ("a,x,y\n" + ROWS, "no column of times: got 'a,x,y', expected a header line such as 't,x"),
        ("x\n" + ROWS, "line 1 of .* is not a header: got 'x'.*separate by commas"),
        ("t;x;y\n" + ROWS, "line 2 of .*wrong number of values: got 1, expected 3"),
        ("t,x,x\n" + ROWS, r"repeats a column: got \['x'\]"),
        ("t,x,qw\n" + ROWS, "part of a quaternion: got qw, expected qx, qy, qz, qw, or none"),
        (
            POSES.replace(",z\n", "\n").replace(",7\n", "\n"),
            "does not hold poses: got an orientation beside x, y, expected positions x, y, z",
        ),
        (POSES.replace("0.6,0.8", "0.6,0.9"), "line 2 of .*holds no orientation: got a .* 1.082"),
        (POSES.replace("0.4,5,10", "0.4,nan,10"), "line 6 of .* is not finite"),
        ("t,x,y\n" + ROWS + "0.6,1\n", "line 8 of .*hand.csv .*: got 2, expected 3"),
        ("t,x,y\n" + ROWS + ROWS, "goes back by 0.5 s at line 8.* need a column named episode"),
        ("t,x,y\n" + ROWS + "0.6,1,one\n", "line 8 of .*malformed: got '0.6,1,one'"),
        ("t,x,y\n" + ROWS + "0.6,1,nan\n", "line 8 of .*hand.csv is not finite"),
        ("t,x,y\n" + ROWS + "0.6,1,1e999\n", "line 8 of .*hand.csv is not finite"),
        ("t,x,y\n" + ROWS + "0.5,1,2\n", "at line 8 of .*got t = 0.5 s after 0.5 s"),
        (b"\x93\xff\x00", "can't be read as CSV"),
    ],
)
def test_bad_files_are_refused_by_name_and_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(DemonstrationError, match=message) as caught:
        load_demonstrations(write(tmp_path, text))
    assert "hand.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
