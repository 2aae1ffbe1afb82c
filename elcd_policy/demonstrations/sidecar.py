"""Notes on demonstrations, beside them or in them: units, frame, masks and so on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import DemonstrationError, ParameterError
from ..robot.placement import Placement
from ..utils.json_text import parse_json, read_json
from .source import TIME_UNITS

SIDECAR = "demonstrations.json"
"""Optional file beside the demonstrations, an object with some of `KEYS`."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list of texts")
    return tuple(_text(each) for each in value)


def _masks(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} are no masks")
    return {_text(name): _texts(members) for name, members in value.items()}


def _units_by_name(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} are no units by name")
    return {_text(name): _text(unit) for name, unit in value.items()}


def _time_unit(value: object) -> str:
    if value not in TIME_UNITS:
        raise ValueError(f"time_unit {value!r}")
    return str(value)


def _placement(value: object) -> Placement:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no placement")
    return Placement.from_dict(value)


KEYS: dict[str, Callable[[object], Any]] = {
    "units": _text,
    "frame": _text,
    "robot": _text,
    "note": _text,
    "time_unit": _time_unit,
    "placement": _placement,
    "names": _texts,
    "coordinate_units": _units_by_name,
    "masks": _masks,
}
"""What may be said of a set of demonstrations, and how each is read."""

PLAIN = ("units", "frame", "robot", "note", "time_unit")
"""Those that are texts; in files that hold nothing else the others are JSON."""


def read_sidecar(path: Path) -> dict[str, Any]:
    """Return what the file says; nothing if there is none.

    Raises
    ------
    DemonstrationError
        If it is no JSON object of `KEYS`.
    """
    if not path.exists():
        return {}
    try:
        values = read_json(path)
        if not isinstance(values, dict):
            raise TypeError("no JSON object")
        unknown = sorted(set(values) - set(KEYS))
        if unknown:
            raise ValueError(f"unknown keys {unknown}")
        return {key: KEYS[key](value) for key, value in values.items()}
    except (OSError, TypeError, ValueError, OverflowError, ParameterError) as error:
        raise DemonstrationError(
            f"{path} can't be understood",
            got=error,
            expected=f"a JSON object with some of {', '.join(KEYS)}",
        ) from error


def parse_about(texts: Mapping[str, str], where: Path | str) -> dict[str, Any]:
    """Return what a file says in texts of its own, those of `KEYS`.

    Raises
    ------
    DemonstrationError
        If one can't be understood.
    """
    about: dict[str, Any] = {}
    for key in KEYS.keys() & texts.keys():
        try:
            about[key] = KEYS[key](texts[key] if key in PLAIN else parse_json(texts[key]))
        except (TypeError, ValueError, OverflowError, ParameterError) as error:
            raise DemonstrationError(
                f"the {key} in {where} can't be understood", got=error
            ) from error
    return about


def format_about(about: Mapping[str, Any]) -> dict[str, str]:
    """Return it as texts, which `parse_about` reads."""
    return {
        key: str(value) if key in PLAIN else json.dumps(_jsonable(value))
        for key, value in about.items()
    }


def write_about(about: Mapping[str, Any]) -> bytes:
    """Return the sidecar's bytes, which `read_sidecar` reads."""
    values = {key: _jsonable(value) for key, value in about.items()}
    return (json.dumps(values, indent=2) + "\n").encode()


def _jsonable(value: Any) -> Any:
    return value.to_dict() if isinstance(value, Placement) else value
