"""Which columns of a recording are the motion, and in which order."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..errors import DemonstrationError
from .recording import Recording
from .source import Source
from .spellings import Column, read_label

TURNING = ("quaternion", "euler", "rotation_vector")
CARTESIAN = ("x", "y", "z")


@dataclass(frozen=True)
class Choice:
    """Columns of a motion.

    Parameters
    ----------
    columns : numbers of the coordinates' columns, in their order.
    names : what these coordinates are called.
    read : what their labels say.
    turn : numbers of the columns of an orientation, in the order of their axes.
    turn_kind : one of `TURNING`, "" for none.
    left : labels of what else there is.
    """

    columns: tuple[int, ...]
    names: tuple[str, ...]
    read: tuple[Column, ...]
    turn: tuple[int, ...] = ()
    turn_kind: str = ""
    left: tuple[str, ...] = ()

    @property
    def every(self) -> list[int]:
        """Return numbers of all columns, coordinates first."""
        return [*self.columns, *self.turn]


def choose_columns(recording: Recording, request: Source, stated: Sequence[str] = ()) -> Choice:
    """Return which columns are the motion.

    Without a word these are positions with their orientation, else joints, else whatever has no
    other meaning. Clocks, counters, velocities, efforts and grippers are left out.

    Parameters
    ----------
    recording : with labelled columns.
    request : with ``columns`` and ``positions_only``.
    stated : names of the coordinates, where the metadata of the recording say them.

    Raises
    ------
    DemonstrationError
        If a column that is asked for is missing, or several motions are there to choose from.
    """
    table = [_read(recording, label) for label in recording.labels]
    if request.columns:
        choice = _select_columns(recording, request.columns, table)
    elif stated and set(stated) <= set(recording.labels):
        columns = [recording.labels.index(name) for name in stated]
        turning = [i for i, column in enumerate(table) if column.kind in TURNING]
        choice = _choice(recording, columns + turning, table)
    else:
        choice = _choice(recording, _by_meaning(recording, table), table)
    return replace(choice, turn=(), turn_kind="") if request.positions_only else choice


def same_order(names: Sequence[str], wanted: Sequence[str], where: str) -> list[int]:
    """Return the places in ``names`` of the coordinates ``wanted``, both sets being the same.

    Raises
    ------
    DemonstrationError
        If they are not.
    """
    if sorted(names) != sorted(wanted):
        raise DemonstrationError(
            f"{where} has other coordinates than the demonstrations before it",
            got=", ".join(names),
            expected=", ".join(wanted),
            advice="choose those that all have: 'SOURCE?[NAME,...]', or --drop it",
        )
    return [list(names).index(name) for name in wanted]


def _read(recording: Recording, label: str) -> Column:
    column = read_label(label)
    kind = recording.kinds.get(label, "")
    return column._replace(kind=kind) if kind and column.kind != "gripper" else column


def _by_meaning(recording: Recording, table: list[Column]) -> list[int]:
    """Return numbers of the columns that are the motion if nobody says."""
    of_kind: dict[str, list[int]] = {}
    for index, column in enumerate(table):
        of_kind.setdefault(column.kind, []).append(index)
    cartesian, joints = of_kind.get("position", []), of_kind.get("joint", [])
    if cartesian and joints:
        raise _several(recording, [cartesian, joints])
    if cartesian:
        groups = _groups(cartesian, table)
        if len(groups) > 1:
            raise _several(recording, list(groups.values()))
        ((group, chosen),) = groups.items()
        return chosen + _orientation(recording, table, group)
    for kind in ("joint", "other", "gripper"):
        if of_kind.get(kind):
            return of_kind[kind]
    raise DemonstrationError(
        f"{recording.where} holds no positions",
        got=", ".join(recording.labels) or "no columns",
        expected="columns such as x, y, z, or joints",
        advice="name the columns to take: 'SOURCE?[NAME,...]'" if recording.labels else "",
    )


def _groups(indices: list[int], table: list[Column]) -> dict[tuple[str, ...], list[int]]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for index in sorted(indices, key=lambda i: table[i].axis):
        groups.setdefault(table[index].group, []).append(index)
    return groups


def _orientation(recording: Recording, table: list[Column], group: tuple[str, ...]) -> list[int]:
    """Return the columns of the orientation of a group's positions; none if there is none."""
    turns = {i: column for i, column in enumerate(table) if column.kind == "turn"}
    as_quaternion = 3 in {column.axis for column in turns.values()}
    for kind in TURNING:
        found = [i for i, column in enumerate(table) if column.kind == kind]
        if kind == "quaternion" and as_quaternion and not found:
            found = list(turns)
        groups = _groups(found, table)
        chosen = groups.get(group) or (next(iter(groups.values())) if len(groups) == 1 else [])
        axes = {table[i].axis for i in chosen}
        if len(chosen) == len(axes) == (4 if kind == "quaternion" else 3):
            return chosen
        if chosen and kind == "quaternion":
            raise DemonstrationError(
                f"{recording.where} holds part of a quaternion",
                got=", ".join(recording.labels[i] for i in chosen),
                expected="qx, qy, qz, qw, or none of them",
            )
    return []


def _select_columns(recording: Recording, items: Iterable[str], table: list[Column]) -> Choice:
    """Return the columns that are named, ``name=column`` under another name."""
    pairs = []
    for item in items:
        name, equals, label = item.partition("=")
        pairs.append((name.strip() if equals else "", (label if equals else name).strip()))
    found = [_matches(recording, label, table) for _, label in pairs]
    if not any(found) and len(pairs) == len(table):
        # Names for columns that have none of their own.
        columns = list(range(len(table)))
        names = [name or label for name, label in pairs]
    else:
        columns, names = [], []
        for (name, label), indices in zip(pairs, found, strict=True):
            if not indices:
                raise _missing_column(recording, label)
            columns += indices
            names += [name] * len(indices)
        if len(set(columns)) < len(columns):
            raise DemonstrationError(
                f"a column of {recording.where} is asked for twice",
                got=", ".join(recording.labels[i] for i in columns),
            )
    renamed = list(table)
    labels = list(recording.labels)
    for index, name in zip(columns, names, strict=True):
        if name:
            renamed[index] = read_label(name)._replace(unit=table[index].unit)
            labels[index] = name
    return _choice(replace(recording, labels=tuple(labels)), columns, renamed)


def _matches(recording: Recording, wanted: str, table: list[Column]) -> list[int]:
    """Return a name's columns: a label, one without its unit, one of that meaning, end or start."""
    folded = wanted.casefold()
    meant = read_label(wanted)
    tests = (
        lambda i: recording.labels[i] == wanted,
        lambda i: recording.labels[i].casefold() == folded,
        lambda i: table[i].name.casefold() == folded,
        lambda i: meant.axis >= 0 and meant[:2] == table[i][:2] and meant.group == table[i].group,
        lambda i: meant.axis >= 0 and meant[:2] == table[i][:2] and not meant.group,
        lambda i: recording.labels[i].casefold().endswith((f"/{folded}", f".{folded}")),
    )
    for test in tests:
        found = [i for i in range(len(table)) if test(i)]
        if len(found) == 1:
            return found
    inside = [
        i
        for i, label in enumerate(recording.labels)
        if label.casefold().startswith((f"{folded}/", f"{folded}.", f"{folded}_"))
    ]
    return sorted(inside, key=lambda i: (table[i].kind not in ("position", "joint"), table[i].axis))


def _choice(recording: Recording, chosen: list[int], table: list[Column]) -> Choice:
    """Return coordinates and orientation among the chosen columns."""
    turn: tuple[int, ...] = ()
    turn_kind = ""
    for kind in TURNING:
        axes = {
            table[i].axis: i
            for i in chosen
            if table[i].kind == kind or (kind == "quaternion" and table[i].kind == "turn")
        }
        if len(axes) == (4 if kind == "quaternion" else 3):
            turn, turn_kind = tuple(axes[axis] for axis in sorted(axes)), kind
            break
    columns = tuple(i for i in chosen if i not in turn)
    if turn and [table[i].axis for i in columns if table[i].kind == "position"] != [0, 1, 2]:
        positions = [recording.labels[i] for i in columns]
        raise DemonstrationError(
            f"{recording.where} does not hold poses",
            got=f"an orientation beside {', '.join(positions) or 'no positions'}",
            expected="positions x, y, z",
            advice="choose columns: 'SOURCE?[NAME,...]'",
        )
    names = tuple(_coordinate_name(table[i], recording.labels[i]) for i in columns)
    if len(set(names)) < len(names):
        names = tuple(recording.labels[i] for i in columns)
    left = tuple(
        recording.labels[i]
        for i, column in enumerate(table)
        if i not in (*columns, *turn) and column.kind not in ("time", "index", "episode", "arrival")
    )
    return Choice(columns, names, tuple(table[i] for i in columns), turn, turn_kind, left)


def _coordinate_name(column: Column, label: str) -> str:
    if column.kind == "position":
        return CARTESIAN[column.axis]
    parts = column.name.strip("/").split("/")
    if column.kind == "joint" and len(parts) > 1 and parts[-1] in ("position", "pos"):
        return parts[-2]
    return column.name or label


def _several(recording: Recording, groups: list[list[int]]) -> DemonstrationError:
    listed = [", ".join(recording.labels[i] for i in group[:3]) for group in groups[:4]]
    return DemonstrationError(
        f"{recording.where} holds several motions",
        got=" | ".join(listed),
        expected="one",
        advice=f"choose its columns: 'SOURCE?[{listed[0].replace(', ', ',')}]'",
    )


def _missing_column(recording: Recording, label: str) -> DemonstrationError:
    close = difflib.get_close_matches(label, recording.labels, n=1)
    return DemonstrationError(
        f"{recording.where} has no single column '{label}'",
        got=", ".join(recording.labels),
        advice=f"did you mean '{close[0]}'?" if close else "",
    )
