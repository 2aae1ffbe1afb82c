"""CSV: a header ``t,x,y,z,...``, then one sample per line; t in seconds.

Columns named qx, qy, qz and qw are the orientations of a demonstration of poses.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ...errors import DemonstrationError
from ..checks import check_samples
from ..types import Demonstration

QUATERNION = ("qx", "qy", "qz", "qw")

_EXPECTED_HEADER = "a header line such as 't,x,y,z': time in seconds, then the coordinates"


def read_csv(path: Path) -> tuple[list[Demonstration], dict[str, str]]:
    """The one demonstration in a CSV file; a CSV file carries no metadata.

    Raises
    ------
    DemonstrationError
        If the file can't be read or a line is malformed; the message names file and line.
    """
    try:
        # utf-8-sig: spreadsheets put a byte order mark in front of the header.
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DemonstrationError(f"{path} can't be read as CSV", got=error) from error
    while lines and not any(cell.strip() for cell in lines[-1]):
        lines.pop()
    if not lines:
        raise DemonstrationError(f"{path} is empty", expected=_EXPECTED_HEADER)

    header = [cell.strip() for cell in lines[0]]
    _check_header(path, header)
    samples = np.array([_numbers(path, i, header, line) for i, line in enumerate(lines[1:], 2)])
    samples = samples.reshape(-1, len(header))
    names = [name.lower() for name in header]
    turning = [names.index(name) for name in QUATERNION if name in names]
    moving = [index for index in range(1, len(names)) if index not in turning]
    time, position = samples[:, 0], samples[:, moving]
    quaternion = samples[:, turning] if turning else None
    check_samples(time, position, str(path), lambda i: f"line {i + 2}", quaternion)
    return [Demonstration(time, position, path.stem, quaternion)], {}


def _check_header(path: Path, header: list[str]) -> None:
    names = [name.lower() for name in header]
    if len(names) < 2 or names[0] not in ("t", "time") or "" in names:
        raise DemonstrationError(
            f"line 1 of {path} is not a header",
            got=f"'{','.join(header)}'",
            expected=_EXPECTED_HEADER,
            advice="separate by commas" if len(names) == 1 else "",
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DemonstrationError(
            f"the header of {path} repeats a column", got=repeated, expected="unique names"
        )
    found = [name for name in names if name in QUATERNION]
    if found and len(found) < len(QUATERNION):
        raise DemonstrationError(
            f"the header of {path} holds part of a quaternion",
            got=", ".join(found),
            expected=f"{', '.join(QUATERNION)}, or none of them",
        )


def _numbers(path: Path, number: int, header: list[str], line: list[str]) -> list[float]:
    if len(line) != len(header):
        raise DemonstrationError(
            f"line {number} of {path} has the wrong number of values",
            got=len(line),
            expected=f"{len(header)} as in the header",
        )
    try:
        return [float(cell) for cell in line]
    except ValueError as error:
        raise DemonstrationError(
            f"line {number} of {path} is malformed",
            got=f"'{','.join(line)}'",
            expected=f"{len(header)} numbers with a decimal point",
        ) from error
