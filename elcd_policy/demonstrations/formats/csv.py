"""Tables as text: ``t,x,y,z``, and what spreadsheets, PlotJuggler, ROS and SLAM tools write.

Separated by commas, semicolons, tabs or blanks, with a decimal point or comma. Lines that begin
with "#" are comments; the last one before the samples may be the header. Tables without a header
are TUM trajectories or what ``ros2 topic echo --csv`` prints of poses and points.
"""

from __future__ import annotations

import csv
import itertools
import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from ...errors import DemonstrationError
from ..recording import Recording
from ..source import Source
from ..spellings import Column, read_label

QUATERNION = ("qx", "qy", "qz", "qw")
POSE = ("x", "y", "z", *QUATERNION)
STAMP = ("header.stamp.sec", "header.stamp.nanosec", "header.frame_id")

ECHOED: dict[int, tuple[str, ...]] = {
    6: (*STAMP, *POSE[:3]),
    10: (*STAMP, *POSE),
    11: (*STAMP, "child_frame_id", *POSE),
    46: (*STAMP, *POSE, *("",) * 36),
    89: (*STAMP, "child_frame_id", *POSE, *("",) * 78),
}
"""Columns of ``ros2 topic echo --csv`` by their number: points, poses, transforms, poses with
covariance, odometry."""

NANOSECOND_CLOCKS = ("%time", "field.header.stamp")
"""Columns of ``rostopic echo -p``."""

_EXPECTED_HEADER = "a header line such as 't,x,y,z': time, then the coordinates"
_NOT_VALUES = ("index", "episode", "time", "arrival", "seconds", "nanoseconds", "text")


@dataclass(frozen=True, eq=False)
class _Table:
    """A file's columns of numbers [N, m], and the texts of the columns that hold texts.

    ``counts`` are the columns of whole numbers, exactly; ``lines`` [N] where each sample stands.
    """

    header: list[str]
    read: list[Column]
    numbers: NDArray[np.float64]
    present: NDArray[np.bool_]
    counts: dict[int, NDArray[np.int64]]
    texts: dict[int, list[str]]
    lines: NDArray[np.int64]


def read_csv(path: Path, request: Source) -> tuple[list[Recording], dict[str, Any]]:
    """Return the demonstrations in a table: one, or one for each value of its episode column.

    Raises
    ------
    DemonstrationError
        If the file can't be read or a line is malformed; the message names file and line.
    """
    try:
        with path.open(newline="", encoding=_encoding(path)) as file:
            table = _read_table(path, file)
    except (OSError, UnicodeError, csv.Error) as error:
        raise DemonstrationError(f"{path} can't be read as CSV", got=error) from error
    time, unit, clocks = _clock(path, table, request)
    kept = [i for i, c in enumerate(table.read) if c.kind not in _NOT_VALUES and i not in clocks]
    present = table.present[:, kept]
    whole = Recording(
        name=path.stem,
        where=str(path),
        labels=tuple(table.header[i] for i in kept),
        values=table.numbers[:, kept],
        time=time,
        time_unit=unit,
        present=None if present.all() else present,
        units={table.header[i]: table.read[i].unit for i in kept if table.read[i].unit},
        row=lambda index: f"line {table.lines[index]}",
    )
    frames = {
        frame
        for i, texts in table.texts.items()
        if table.header[i].endswith("frame_id") and not table.header[i].startswith("child")
        for frame in texts
    }
    about = {"frame": frames.pop()} if len(frames) == 1 else {}
    episodes = [i for i, column in enumerate(table.read) if column.kind == "episode"]
    return list(_by_episode(whole, table, episodes[0])) if episodes else [whole], about


def _encoding(path: Path) -> str:
    """Return UTF-16 if the byte order mark says so; spreadsheets put one in front of UTF-8, too."""
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _read_table(path: Path, file: TextIO) -> _Table:
    comment, first = "", None
    lines = enumerate(file, 1)
    for number, line in lines:
        if line.lstrip().startswith("#"):
            comment = line.lstrip().lstrip("#").strip() or comment
        elif line.strip():
            first = number, line
            break
    if first is None:
        raise DemonstrationError(f"{path} is empty", expected=_EXPECTED_HEADER)
    delimiter = next((mark for mark in ";\t," if mark in first[1]), " ")
    rows = _rows(itertools.chain([first], lines), delimiter)
    number, cells = next(rows)
    if _number(cells[0]) is None:
        header = cells
    else:
        header = _unwritten_header(path, number, cells, comment)
        rows = itertools.chain([(number, cells)], rows)
    while header and not header[-1]:  # Some loggers end each line with a comma.
        header = header[:-1]
    _check_header(path, number, header)
    return _read_columns(path, header, rows)


def _rows(lines: Iterator[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Return the number and stripped cells of each line that is neither blank nor a comment."""
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if delimiter == " ":
            yield number, line.split()
        elif '"' in line:
            (row,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
            yield number, [cell.strip() for cell in row]
        else:
            yield number, [cell.strip() for cell in line.split(delimiter)]


def _unwritten_header(path: Path, number: int, cells: list[str], comment: str) -> list[str]:
    """Return the header of a table that starts with numbers: a comment's, or a known tool's."""
    for names in (re.split(r"[\s,;]+", comment), re.split(r"\s*[,;]\s*", comment)):
        if comment and len(names) == len(cells):
            return names
    if len(cells) == 1 + len(POSE) and all(_number(cell) is not None for cell in cells):
        return ["timestamp", *POSE]  # TUM
    if len(cells) in ECHOED and cells[0].isdigit() and _number(cells[2]) is None:
        return list(ECHOED[len(cells)])
    raise DemonstrationError(
        f"line {number} of {path} is not a header",
        got=f"'{','.join(cells)}'",
        expected=_EXPECTED_HEADER,
        advice="write one, or record with ros2 topic echo --csv",
    )


def _check_header(path: Path, number: int, header: list[str]) -> None:
    names = [name for name in (name.lower() for name in header) if name]
    if len(names) < 2:
        raise DemonstrationError(
            f"line {number} of {path} is not a header",
            got=f"'{','.join(header)}'",
            expected=_EXPECTED_HEADER,
            advice="separate by commas" if len(names) == 1 else "",
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DemonstrationError(
            f"the header of {path} repeats a column", got=repeated, expected="unique names"
        )


def _read_columns(path: Path, header: list[str], rows: Iterator[tuple[int, list[str]]]) -> _Table:
    """Read a table's columns line by line: text takes many times the room of numbers."""
    width = len(header)
    numbers, lines, present = array("d"), array("q"), bytearray()
    counts: dict[int, array[int]] = {}
    texts: dict[int, list[str]] = {}
    for number, cells in rows:
        if len(cells) != width:
            cells = _fit_cells(path, number, cells, width)
        if not lines:
            texts = {i: [] for i, cell in enumerate(cells) if cell and _number(cell) is None}
            counts = {i: array("q") for i, cell in enumerate(cells) if cell.isdigit()}
        for i, cell in enumerate(cells):
            value = float("nan") if i in texts else _number(cell) if cell else float("nan")
            if value is None:
                raise DemonstrationError(
                    f"line {number} of {path} is malformed",
                    got=f"'{','.join(cells)}'",
                    expected=f"{width} numbers",
                )
            numbers.append(value)
            present.append(bool(cell))
        for i in texts:
            texts[i].append(cells[i])
        for i in tuple(counts):
            if cells[i].isdigit() and int(cells[i]) < 2**63:
                counts[i].append(int(cells[i]))
            else:
                del counts[i]
        lines.append(number)
    read = [read_label(label) for label in header]
    read = [
        c._replace(kind="text") if i in texts and c.kind != "episode" else c
        for i, c in enumerate(read)
    ]
    return _Table(
        header,
        read,
        np.frombuffer(numbers, dtype=np.float64).reshape(-1, width),
        np.frombuffer(present, dtype=np.bool_).reshape(-1, width),
        {i: np.frombuffer(column, dtype=np.int64) for i, column in counts.items()},
        texts,
        np.frombuffer(lines, dtype=np.int64),
    )


def _fit_cells(path: Path, number: int, cells: list[str], width: int) -> list[str]:
    """Return the cells of a line without the empty ones behind the last column."""
    if len(cells) > width and not any(cells[width:]):
        return cells[:width]
    raise DemonstrationError(
        f"line {number} of {path} has the wrong number of values",
        got=len(cells),
        expected=f"{width} as in the header",
    )


_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")


def _number(cell: str) -> float | None:
    """Return the number in a cell, with a decimal point or comma; None if it is none."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return float(cell.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(cell) else None


def _clock(
    path: Path, table: _Table, request: Source
) -> tuple[NDArray[np.int64] | NDArray[np.float64] | None, str, list[int]]:
    """Return times as the file counts them, their unit if it says so, and their columns."""
    of_kind: dict[str, list[int]] = {}
    for i, column in enumerate(table.read):
        of_kind.setdefault(column.kind, []).append(i)

    def ticks(i: int) -> NDArray[np.int64] | NDArray[np.float64]:
        return table.counts.get(i, table.numbers[:, i])

    seconds, nanoseconds = of_kind.get("seconds", []), of_kind.get("nanoseconds", [])
    if len(seconds) == len(nanoseconds) == 1:
        both = ticks(seconds[0]), ticks(nanoseconds[0])
        if all(part.dtype == np.int64 for part in both):
            return both[0] * 1_000_000_000 + both[1], "ns", seconds + nanoseconds
    clocks = of_kind.get("time", []) or seconds
    stamps = [i for i in clocks if "stamp" in table.header[i].lower()] or clocks
    if not clocks:
        if request.rate is not None:
            return None, "", []
        raise DemonstrationError(
            f"{path} has no column of times",
            got=f"'{','.join(table.header)}'",
            expected=_EXPECTED_HEADER,
            advice="say --rate HZ if the samples are evenly spaced",
        )
    chosen = stamps[0] if table.present[:, stamps[0]].all() else clocks[0]
    known = (
        "ns"
        if table.header[chosen].lower() in NANOSECOND_CLOCKS
        else "s"
        if chosen in seconds
        else ""
    )
    return ticks(chosen), table.read[chosen].unit or known, clocks


def _by_episode(whole: Recording, table: _Table, column: int) -> Iterator[Recording]:
    """Return one recording for each value of the episode column, in the order of the file."""
    keys = table.texts.get(column) or [f"{value:g}" for value in table.numbers[:, column].tolist()]
    label = re.split(r"[\W_]", table.header[column])[0] or "episode"
    numbers: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        numbers.setdefault(key, []).append(row)
    for key, of_key in numbers.items():
        rows = np.array(of_key)
        name = f"{label}_{key}" if _number(key) is not None else key
        yield replace(
            whole,
            name=name,
            where=f"{name} of {whole.where}",
            values=whole.values[rows],
            present=None if whole.present is None else whole.present[rows],
            time=None if whole.time is None else whole.time[rows],
            row=_row_of(whole, rows),
        )


def _row_of(whole: Recording, rows: NDArray[np.int64]) -> Callable[[int], str]:
    return lambda index: whole.row(int(rows[index]))
