"""Lengths of a motion in one unit, its angles in rad, its orientations as quaternions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from ..errors import DemonstrationError
from ..robot.units import METRES, RADIANS
from .checks import NORM_TOLERANCE
from .coordinates import CARTESIAN, Choice
from .recording import Array, Recording
from .source import Source
from .spellings import Column, known_unit, read_label

FULL_TURN = 2 * np.pi + 1e-6
"""rad, beyond which angles are taken for degrees if nobody says what they are."""


def arrange(
    values: Array, choice: Choice, recording: Recording, request: Source, stated: Mapping[str, Any]
) -> tuple[Array, Array | None, tuple[str, ...], list[str]]:
    """Return a motion's coordinates in their units.

    Parameters
    ----------
    values : [N, k], the columns ``choice.every``.
    choice : of columns.
    recording : that they are of.
    request : with ``units``.
    stated : ``units`` and ``coordinate_units`` by name, where the metadata say them.

    Returns
    -------
    Positions [N, d] (angles in rad, lengths in one unit), quaternions [N, 4] or None, the
    unit of each coordinate [d], and remarks.

    Raises
    ------
    DemonstrationError
        If nothing says a unit that can't be guessed, or the quaternions are none.
    """
    asked = _UnitsAsked.parse(request.units)
    units = [
        asked.of(name, column, bool(choice.turn))
        or dict(stated.get("coordinate_units") or {}).get(name, "")
        or recording.units.get(recording.labels[index], "")
        or column.unit
        or ("" if column.kind == "gripper" else str(stated.get("units") or ""))
        for name, column, index in zip(choice.names, choice.read, choice.columns, strict=True)
    ]
    d = len(choice.columns)
    position = values[:, :d].copy()
    _check_nameless_pose(recording, choice, position)
    if not all(units):
        _require_units(recording, choice, units, position)
        units = ["m"] * d
    for j, unit in enumerate(units):
        if unit in RADIANS and unit != "rad":
            position[:, j] *= RADIANS[unit]
            units[j] = "rad"
    lengths = [unit for unit in units if unit in METRES]
    for j, unit in enumerate(units):
        if unit in METRES and unit != lengths[0]:
            position[:, j] *= METRES[unit] / METRES[lengths[0]]
            units[j] = lengths[0]
    quaternion, remarks = _quaternions(values[:, d:], choice, recording, asked)
    return position, quaternion, tuple(units), remarks


def _check_nameless_pose(recording: Recording, choice: Choice, position: Array) -> None:
    """Refuse a pose, of which four columns are a quaternion, under names that say nothing."""
    if choice.turn or any(column.kind != "other" for column in choice.read):
        return
    for first in range(3, position.shape[1] - 3):
        norm = np.linalg.norm(position[:, first : first + 4], axis=1)
        if np.abs(norm - 1).max() < NORM_TOLERANCE:
            names = [*CARTESIAN, *choice.names[3:first], "qx", "qy", "qz", "qw"]
            names += choice.names[first + 4 :]
            raise DemonstrationError(
                f"{recording.where} seems to hold poses under other names",
                got=f"{', '.join(choice.names)}, of which four make a quaternion",
                expected="names for them, with qw where w stands",
                advice=f"name them: 'SOURCE?[{','.join(names)}]'",
            )


def _require_units(recording: Recording, choice: Choice, units: list[str], position: Array) -> None:
    """Refuse coordinates whose unit nobody says and nobody can guess."""
    plain = all(column.kind in ("position", "other") for column in choice.read)
    if plain and len(units) <= len(CARTESIAN) and not any(units):
        return
    unsaid = [name for name, unit in zip(choice.names, units, strict=True) if not unit]
    largest = float(np.abs(position).max()) if position.size else 0.0
    joints = any(column.kind == "joint" for column in choice.read)
    guess = "deg" if joints and largest > FULL_TURN else "rad" if joints else "m"
    advice = f"say --units {guess}"
    if any(units) or any(column.kind == "gripper" for column in choice.read):
        advice = f"say --units {','.join(f'{name}=UNIT' for name in unsaid[:3])}"
    elif joints:
        other = "rad" if guess == "deg" else "deg"
        advice = f"are they in {guess}? say --units {guess}, or --units {other}"
    raise DemonstrationError(
        f"nothing says the units of {', '.join(unsaid)} in {recording.where}",
        got=f"values up to {largest:.4g}",
        expected="units in the header, in demonstrations.json or with --units",
        advice=advice,
    )


def _quaternions(
    values: Array, choice: Choice, recording: Recording, asked: _UnitsAsked
) -> tuple[Array | None, list[str]]:
    """Return orientations x y z w [N, 4] of the columns of an orientation."""
    if not choice.turn:
        return None, []
    if choice.turn_kind == "quaternion":
        return values, []
    labels = [recording.labels[i] for i in choice.turn]
    said = [
        asked.angle(label) or recording.units.get(label, "") or read_label(label).unit
        for label in labels
    ]
    unit = next((unit for unit in said if unit in RADIANS), "")
    remarks = []
    if not unit:
        largest = float(np.abs(values).max())
        unit = "deg" if largest > FULL_TURN else "rad"
        remarks.append(
            f"{recording.where}: {', '.join(labels)} reach {largest:.4g} and are read as {unit}"
        )
    angles = values * RADIANS[unit]
    if choice.turn_kind == "euler":
        # Fixed axes: about x, then y, then z of the base, as pendants and ROS (REP 103) count.
        return Rotation.from_euler("xyz", angles).as_quat(), remarks
    return Rotation.from_rotvec(angles).as_quat(), remarks


@dataclass(frozen=True)
class _UnitsAsked:
    """Units that ``--units`` says: for all coordinates, or by name."""

    common: tuple[str, ...]
    by_name: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> _UnitsAsked:
        common, by_name = [], {}
        for word in filter(None, (word.strip() for word in text.split(","))):
            name, equals, unit = word.rpartition("=")
            if equals:
                by_name[name.strip()] = known_unit(unit)
            else:
                common.append(known_unit(word))
        return cls(tuple(common), by_name)

    def of(self, name: str, column: Column, posed: bool) -> str:
        """Return the unit of a coordinate, "" if nothing says it."""
        if name in self.by_name or column.name in self.by_name:
            return self.by_name.get(name) or self.by_name[column.name]
        angles = [unit for unit in self.common if unit in RADIANS]
        others = [unit for unit in self.common if unit not in RADIANS]
        if column.kind == "gripper":
            others = [unit for unit in others if unit not in METRES]
            return next(iter(others), "")
        if column.kind == "joint":
            return next(iter([*angles, *others]), "")
        return next(iter([*others, *([] if posed else angles)]), "")

    def angle(self, label: str) -> str:
        """Return the unit of an orientation's column."""
        column = read_label(label)
        named = self.by_name.get(label) or self.by_name.get(column.name)
        return named or next((unit for unit in self.common if unit in RADIANS), "")
