"""Disturbances from text and from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from elcd_policy.errors import ParameterError

from .disturbance import Disturbance
from .forces import ForceNoise, Wind
from .hold_and_payload import Hold, Payload
from .pushes import Push, RandomPush
from .signals import MovedGoal, SensorDelay, SensorNoise, SlowDown

#: All kinds, by the names used in files and on the command line.
KINDS: dict[str, type[Disturbance]] = {
    kind.name: kind
    for kind in (
        Push,
        RandomPush,
        Wind,
        ForceNoise,
        SensorNoise,
        SensorDelay,
        MovedGoal,
        Hold,
        Payload,
        SlowDown,
    )
}


def read_disturbance(text: str) -> Disturbance:
    """Read a disturbance from text such as ``"push time=1.5 force=30,0,0 duration=0.2"``.

    Raises
    ------
    ParameterError
        If the name or a key is unknown, a key is missing or a value out of range.
    """
    name, *pairs = text.split() or [""]
    values: dict[str, Any] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise ParameterError(
                "a disturbance can't be read", got=repr(pair), expected="key=value"
            )
        values[key] = value.split(",") if "," in value else value
    return _disturbance(name, values)


def read_disturbances(sources: Iterable[str]) -> list[Disturbance]:
    """Read disturbances from texts (see `read_disturbance`) and YAML files, in any mixture.

    A file holds a list of mappings of one name to its keys, such as
    ``- push: {time: 1.5, force: [30, 0, 0], duration: 0.2}``.

    Raises
    ------
    ParameterError
        If a source can't be read; the message names it.
    """
    disturbances = []
    for source in sources:
        if source.endswith((".yaml", ".yml")):
            disturbances += _file(Path(source))
        else:
            disturbances.append(read_disturbance(source))
    return disturbances


def _file(path: Path) -> list[Disturbance]:
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ParameterError(f"the disturbances in {path} can't be read", got=error) from error
    expected = "a list of entries such as: - wind: {force: [0, 5, 0]}"
    if not isinstance(entries, list):
        raise ParameterError(f"no disturbances in {path}", got=repr(entries), expected=expected)
    disturbances = []
    for entry in entries:
        if not (isinstance(entry, Mapping) and len(entry) == 1):
            raise ParameterError(
                f"a disturbance in {path} is wrong", got=repr(entry), expected=expected
            )
        ((name, values),) = entry.items()
        disturbances.append(_disturbance(str(name), values or {}))
    return disturbances


def _disturbance(name: str, values: Mapping[str, Any]) -> Disturbance:
    kind = KINDS.get(name)
    if kind is None:
        raise ParameterError(
            "unknown disturbance", got=repr(name), expected=f"one of {', '.join(KINDS)}"
        )
    needed = {item.name for item in fields(kind) if item.default is MISSING}
    known = {item.name for item in fields(kind)}
    if not isinstance(values, Mapping) or not needed <= set(values) <= known:
        raise ParameterError(
            f"the keys of a {name} are wrong",
            got=", ".join(values) or "none",
            expected=", ".join(
                item.name if item.name in needed else f"[{item.name}]" for item in fields(kind)
            ),
        )
    types = {item.name: str(item.type) for item in fields(kind)}
    try:
        return kind(**{key: _value(value, types[key]) for key, value in values.items()})
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"a value of a {name} is wrong",
            got=", ".join(f"{key}={value}" for key, value in values.items()),
            expected=", ".join(f"{key}: {types[key]}" for key in known),
        ) from error


def _value(value: Any, kind: str) -> Any:
    if kind.startswith("tuple"):
        numbers = tuple(float(part) for part in value)
        if len(numbers) != kind.count("float"):
            raise ValueError(f"{len(numbers)} numbers")
        return numbers
    return int(value) if kind == "int" else float(value)
