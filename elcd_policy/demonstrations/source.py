"""Sources of demonstrations and what is taken of them: ``path?series[columns]&key=value``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..errors import DemonstrationError

POSITION = "position"
"""A series that ends with it means positions only."""

TIME_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Ticks of a clock per second."""

GAPS = ("refuse", "cut", "bridge")
"""What to do with a hole in a recording: keep what follows it, or go straight across it."""

QUATERNION_ORDERS = ("xyzw", "wxyz")

_COLUMNS = re.compile(r"(?P<series>[^\[\]]*)(?:\[(?P<columns>[^\[\]]*)\])?")
_LONGEST = 4096


@dataclass(frozen=True)
class Source:
    """A path and what is read there; ``str()`` writes it so that `parse_source` reads it back.

    Parameters
    ----------
    path : of a file or a folder.
    series : a bag's topic, a LeRobot feature, an HDF5 observation; "" for the only one.
    columns : coordinates in the order wanted, each a column's name or ``name=column``.
    positions_only : whether orientations are left out.
    mask : of an HDF5 file or a LeRobot split: the demonstrations that it lists.
    episodes : numbers of demonstrations in the order of the file, such as "0-4,7".
    drop : names of demonstrations that are left out.
    units : of the coordinates, "mm", "mm,deg" or "x=mm,roll=deg"; "" for what the source says.
    time_unit : of the clock, one of `TIME_UNITS`; "" for what the source says.
    rate : samples per s, where the source has no clock.
    gaps : one of `GAPS`.
    quaternion : one of `QUATERNION_ORDERS`, where columns do not name their order.

    Raises
    ------
    DemonstrationError
        If a value is out of range.
    """

    path: Path
    series: str = ""
    columns: tuple[str, ...] = ()
    positions_only: bool = False
    mask: str = ""
    episodes: str = ""
    drop: tuple[str, ...] = ()
    units: str = ""
    time_unit: str = ""
    rate: float | None = None
    gaps: str = "refuse"
    quaternion: str = ""

    def __post_init__(self) -> None:
        _check("time_unit", self.time_unit, ("", *TIME_UNITS))
        _check("gaps", self.gaps, GAPS)
        _check("quaternion", self.quaternion, ("", *QUATERNION_ORDERS))
        if self.rate is not None and not (math.isfinite(self.rate) and 0 < self.rate <= 1e6):
            raise DemonstrationError(
                "a rate is out of range", got=f"{self.rate:g} Hz", expected="above 0, up to 1e6"
            )
        self.select_episodes(0)

    def __str__(self) -> str:
        parts = []
        series = self.series
        if self.columns:
            series += f"[{','.join(self.columns)}]"
        if self.positions_only:
            series += f"/{POSITION}" if self.series else POSITION
        if series:
            parts.append(series)
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in _OPTIONS and value != item.default:
                text = ",".join(value) if isinstance(value, tuple) else value
                parts.append(
                    f"{item.name}={text:g}" if item.name == "rate" else f"{item.name}={text}"
                )
        return f"{self.path}?{'&'.join(parts)}" if parts else str(self.path)

    def select_episodes(self, count: int) -> list[int]:
        """Return the numbers below ``count`` that are asked for; all if none are.

        Raises
        ------
        DemonstrationError
            If they are no list of numbers and ranges.
        """
        if not self.episodes:
            return list(range(count))
        chosen: list[int] = []
        for word in self.episodes.split(","):
            match = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", word)
            if match is None:
                raise DemonstrationError(
                    "the episodes to read are no numbers",
                    got=f"'{self.episodes}'",
                    expected="numbers and ranges such as 0-4,7",
                )
            first, last = int(match[1]), int(match[2] or match[1])
            if count and not first <= last < count:
                raise DemonstrationError(
                    f"{self.path} has no such episodes",
                    got=f"'{word}'",
                    expected=f"0 to {count - 1}",
                )
            chosen += range(first, min(last + 1, count))
        return list(dict.fromkeys(chosen))


_OPTIONS = ("mask", "episodes", "drop", "units", "time_unit", "rate", "gaps", "quaternion")


def parse_source(text: str | Path, **options: Any) -> Source:
    """Return what ``path?series[columns]&key=value`` asks for.

    Parameters
    ----------
    text : a path, with what is read there behind "?".
    options : fields of `Source` that are given otherwise; those that are not None win.

    Raises
    ------
    DemonstrationError
        If what stands behind "?" can't be understood.
    """
    path, wanted = Path(text), ""
    if not str(text):
        raise DemonstrationError("the source is empty", expected="a path or lasa:SHAPE")
    if "?" in str(text) and not _exists(path):
        if len(str(text)) > _LONGEST:
            raise DemonstrationError("the source is too long", got=f"{len(str(text))} characters")
        name, _, wanted = str(text).partition("?")
        path = Path(name)
    values: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in wanted.split("&"))):
        key, equals, value = part.partition("=")
        key = key.strip().replace("-", "_")
        if equals and key in _OPTIONS:
            values[key] = _value(key, value.strip())
            continue
        match = _COLUMNS.fullmatch(part)
        if match is None or "series" in values:
            raise DemonstrationError(
                f"'{wanted}' behind {path} can't be understood",
                got=f"'{part}'",
                expected=f"SERIES[COLUMN,...] and some of {', '.join(_OPTIONS)} as KEY=VALUE",
                advice="join them by '&'",
            )
        series = match["series"].strip()
        if series == POSITION or series.endswith(f"/{POSITION}"):
            values["positions_only"] = True
            series = series.removesuffix(POSITION).removesuffix("/")
        values["series"] = series
        values["columns"] = split_columns(match["columns"] or "")
    source = Source(path, **values)
    given = {key: value for key, value in options.items() if value not in (None, (), "")}
    return replace(source, **given)


def split_columns(text: str) -> tuple[str, ...]:
    """Return the column names in "x, y, z"."""
    return tuple(name for name in (name.strip() for name in text.split(",")) if name)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than names may be, or with a zero byte
        return False


def _value(key: str, text: str) -> Any:
    if key == "rate":
        try:
            return float(text)
        except ValueError as error:
            raise DemonstrationError(
                "a rate is not a number", got=f"'{text}'", expected="Hz"
            ) from error
    return split_columns(text) if key == "drop" else text


def _check(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise DemonstrationError(
            f"unknown {key}", got=f"'{value}'", expected=" or ".join(filter(None, known))
        )
