"""Values that a user may set: node parameters and launch arguments, described once.

Nothing here needs ROS: the launch file, the demonstration and the nodes all read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from elcd_policy.errors import ParameterError

Value = bool | int | float | str | tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """One named value with its type, range and meaning.

    Parameters
    ----------
    name : of the parameter or argument.
    default : its value when nothing is said; its type is the setting's type. A tuple is
        an array, empty when not given.
    description : what it does, one sentence.
    unit : of the number, empty for none.
    lower, upper : bounds of a number, both included.
    choices : the allowed texts; empty for any.
    size : how many numbers an array has when it is given; 0 for an array of names, of any
        length.
    repeated : an array may be ``size`` numbers several times over.
    live : a node takes a new value while it runs; others are read when it is configured.
    """

    name: str
    default: Value
    description: str
    unit: str = ""
    lower: float | None = None
    upper: float | None = None
    choices: tuple[str, ...] = ()
    size: int = 0
    repeated: bool = False
    live: bool = False

    @property
    def meaning(self) -> str:
        """Return the description with unit, range and choices, for help texts and descriptors."""
        facts = []
        if self.lower is not None or self.upper is not None:
            facts.append(self._range())
        elif self.unit:
            facts.append(self.unit)
        if self.choices:
            facts.append(f"one of {', '.join(self.choices)}")
        return self.description + (f" [{'; '.join(facts)}]" if facts else "")

    @property
    def text(self) -> str:
        """Return the default, written as on a command line."""
        return self.default if isinstance(self.default, str) else json.dumps(self.default)

    @property
    def texts(self) -> list[str]:
        """Return all allowed texts, if they can be listed; else none."""
        return ["true", "false"] if isinstance(self.default, bool) else list(self.choices)

    def check(self, value: Any) -> Value:
        """Return the value in the setting's type.

        A whole number is taken for a float: ``2`` means ``2.0``.

        Raises
        ------
        ParameterError
            If it is of another type or out of range.
        """
        if isinstance(self.default, tuple):
            return self._numbers(value) if self.size else self._names(value)
        if isinstance(self.default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(self.default):
            raise self._error(value, f"a {_type_name(self.default)}")
        if isinstance(value, float | int) and not isinstance(value, bool):
            too_low = self.lower is not None and value < self.lower
            too_high = self.upper is not None and value > self.upper
            if not np.isfinite(value) or too_low or too_high:
                raise self._error(value, self._range())
        if self.choices and value not in self.choices:
            raise self._error(repr(value), f"one of {', '.join(self.choices)}")
        return value

    def parse(self, text: str) -> Value:
        """Return the value written as on a command line.

        Raises
        ------
        ParameterError
            If the text is no value of the setting's type, or out of range.
        """
        if isinstance(self.default, str):
            return self.check(text)
        try:
            return self.check(yaml.safe_load(text))
        except yaml.YAMLError as error:
            raise self._error(repr(text), f"a {_type_name(self.default)}") from error

    def _numbers(self, value: Any) -> tuple[float, ...]:
        many = "a multiple of " if self.repeated else ""
        expected = f"{many}{self.size} finite numbers, or none"
        try:
            numbers = tuple(float(number) for number in value)
        except (TypeError, ValueError):
            raise self._error(value, expected) from None
        fits = len(numbers) % self.size == 0 if self.repeated else len(numbers) in (0, self.size)
        if not fits or not np.isfinite(numbers).all():
            raise self._error(list(numbers), expected)
        return numbers

    def _names(self, value: Any) -> tuple[str, ...]:
        names = () if isinstance(value, str) else tuple(value)
        if not all(isinstance(name, str) and name for name in names) or isinstance(value, str):
            raise self._error(value, "a list of names, or none")
        return names

    def _range(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.lower is None and self.upper is None:
            return f"a finite number{unit}"
        if self.upper is None:
            return f"at least {self.lower:.10g}{unit}"
        if self.lower is None:
            return f"at most {self.upper:.10g}{unit}"
        return f"{self.lower:.10g} to {self.upper:.10g}{unit}"

    def _error(self, got: object, expected: str) -> ParameterError:
        return ParameterError(f"'{self.name}' has a bad value", got=got, expected=expected)


def check_names(given: Iterable[str], known: Mapping[str, Any], what: str) -> None:
    """Refuse names that are not among the known ones.

    Raises
    ------
    ParameterError
        It names the unknown and the known ones.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ParameterError(
            f"unknown {what}",
            got=", ".join(unknown),
            expected=f"one of {', '.join(sorted(known))}",
        )


def resolve_settings(
    given: Mapping[str, Value], settings: Iterable[Setting], what: str = "launch argument"
) -> dict[str, Any]:
    """Return all values by name: the given ones, checked, and the others' defaults.

    Parameters
    ----------
    given : values by name; a text is read as on a command line.
    settings : all that may be given.
    what : they are, for messages.

    Raises
    ------
    ParameterError
        If a name is unknown or a value is bad.
    """
    known = {setting.name: setting for setting in settings}
    check_names(given, known, what)
    values: dict[str, Any] = {name: setting.default for name, setting in known.items()}
    for name, value in given.items():
        setting = known[name]
        values[name] = setting.parse(value) if isinstance(value, str) else setting.check(value)
    return values


def _type_name(value: Value) -> str:
    names = {bool: "truth value (true or false)", int: "whole number", float: "number"}
    return names.get(type(value), "text")
