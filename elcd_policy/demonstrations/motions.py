"""Motions from recordings, and the set that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import DemonstrationError
from .checks import check_samples
from .clock import read_clock
from .coordinate_units import arrange
from .coordinates import choose_columns, same_order
from .recording import Recording, fill_rows
from .source import Source
from .types import Demonstration, DemonstrationSet


@dataclass(frozen=True, eq=False)
class Motion:
    """A demonstration and what its coordinates are.

    Parameters
    ----------
    demonstration : in one order and in the units of ``names`` and ``units``.
    names, units : [d], of the coordinates.
    left : labels of what else the recording holds.
    remarks : what reading it left out or mended.
    where : the file, and what in it.
    """

    demonstration: Demonstration
    names: tuple[str, ...]
    units: tuple[str, ...]
    left: tuple[str, ...]
    remarks: tuple[str, ...]
    where: str


def read_motion(
    recording: Recording, request: Source, about: dict[str, Any], first: list[Motion]
) -> Motion:
    """Return what a recording is, in the order of the first one's coordinates.

    Raises
    ------
    DemonstrationError
        If it makes no demonstration, or one of other coordinates than the first.
    """
    if recording.fault is not None:
        raise recording.fault
    choice = choose_columns(recording, request, about.get("names", ()))
    recording, values = fill_rows(recording, choice.every)
    time, rows, remarks = read_clock(recording, values, request, about.get("time_unit", ""))
    position, quaternion, units, words = arrange(values[rows], choice, recording, request, about)
    names = choice.names
    if first and names != first[0].names:
        order = same_order(names, first[0].names, recording.where)
        position, names = position[:, order], first[0].names
        units = tuple(units[i] for i in order)
    if first and units != first[0].units:
        raise DemonstrationError(
            f"{recording.where} has other units than the demonstrations before it",
            got=", ".join(units),
            expected=", ".join(first[0].units),
        )
    check_samples(
        time, position, recording.where, lambda i: recording.row(int(rows[i])), quaternion
    )
    demonstration = Demonstration(time, position, recording.name, quaternion)
    every = (*recording.remarks, *remarks, *words)
    return Motion(demonstration, names, units, choice.left, every, recording.where)


def _join_remarks(motions: list[Motion]) -> list[str]:
    """Return the remarks on all motions; what is said of several is said once."""
    of_text: dict[str, list[str]] = {}
    for motion in motions:
        for remark in motion.remarks:
            of_text.setdefault(remark.replace(f"{motion.where}: ", ""), []).append(motion.where)
    return [
        f"{where[0]}: {text}" + (f" (and {len(where) - 1} others alike)" if where[1:] else "")
        if text not in {remark for motion in motions for remark in motion.remarks}
        else text
        for text, where in of_text.items()
    ]


def assemble_set(
    motions: list[Motion], request: Source, about: dict[str, Any], remarks: list[str]
) -> DemonstrationSet:
    """Return the set of these motions with all that is known of it."""
    if not motions:
        raise DemonstrationError(
            f"{request} is empty", got="0 demonstrations", expected="at least 1"
        )
    left: dict[str, None] = {}
    for motion in motions:
        left |= dict.fromkeys(motion.left)
    remarks += _join_remarks(motions)
    if left and not request.columns:
        remarks.append(f"{request.path}: left out {', '.join(left)}")
    names = [motion.demonstration.name for motion in motions]
    masks = {
        mask: tuple(name for name in members if name in names)
        for mask, members in about.get("masks", {}).items()
    }
    return DemonstrationSet(
        [motion.demonstration for motion in motions],
        units=motions[0].units[0],
        source=str(request),
        names=motions[0].names,
        coordinate_units=motions[0].units,
        masks={mask: members for mask, members in masks.items() if members},
        remarks=tuple(dict.fromkeys(remarks)),
        **{key: about[key] for key in ("frame", "placement", "robot", "note") if key in about},
    )
