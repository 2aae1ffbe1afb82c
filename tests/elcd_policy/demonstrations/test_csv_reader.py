"""CSV files: what is read, and the line that is named when it can't be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.errors import DemonstrationError

ROWS = "".join(f"{0.1 * i},{i},{2 * i}\n" for i in range(6))


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "hand.csv is empty: expected a header"),
        ("\n\n", "hand.csv is empty"),
        ("t,x,y\n", "too short: got 0 samples"),
        ("t,x,y\n" + ROWS[:16], "too short: got 2 samples"),
        (ROWS, "line 1 of .*hand.csv is not a header: got '0.0,0,0'"),
        ("\nt,x,y\n" + ROWS, "line 1 of .*hand.csv is not a header: got ''"),
        ("x,y,t\n" + ROWS, "not a header: got 'x,y,t', expected a header line such as 't,x,y,z'"),
        ("t;x;y\n" + ROWS, "not a header: got 't;x;y'.*separate by commas"),
        ("t,x,x\n" + ROWS, r"repeats a column: got \['x'\]"),
        ("t,x,qw\n" + ROWS, r"orientations.*got columns \['qw'\].*drop the quaternion"),
        ("t,x,y\n" + ROWS + "0.6,1\n", "line 8 of .*hand.csv .*: got 2, expected 3"),
        ("t,x,y\n" + ROWS[:8] + "\n" + ROWS, "line 3 of .*wrong number.*got 0"),
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
