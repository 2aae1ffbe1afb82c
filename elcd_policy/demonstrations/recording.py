"""One motion as its file holds it, before anybody asked what its columns are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DemonstrationError

Array = NDArray[np.float64]
Ticks = NDArray[Any]
"""Whole numbers or floats."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Columns over a clock. Readers return these; `loading` does the rest.

    Parameters
    ----------
    name : of the demonstration.
    where : the file, and what in it, for error messages.
    labels : [m], of the columns, as the file spells them.
    values : [N, m].
    time : [N], of any clock, as the file counts it; None if the file has none.
    time_unit : one of `source.TIME_UNITS` if the file says it, else "".
    arrival : [N] in ns, when messages came, which the clock may be compared with.
    present : [N, m], False where a cell is empty; None if none is.
    units : of columns by label, where the file says them.
    kinds : of columns by label, where the file's format says them (see `spellings.Column`).
    row : index of a sample -> what messages call it, such as "line 12".
    remarks : what reading it left out or mended.
    fault : why it can't be used; raised unless it is left out.
    """

    name: str
    where: str
    labels: tuple[str, ...]
    values: Array
    time: Ticks | None
    time_unit: str = ""
    arrival: NDArray[np.int64] | None = None
    present: NDArray[np.bool_] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    row: Callable[[int], str] = "sample {}".format
    remarks: tuple[str, ...] = ()
    fault: DemonstrationError | None = None


def fill_rows(recording: Recording, columns: list[int]) -> tuple[Recording, Array]:
    """Return the samples at which the columns have values, and these values [M, k].

    Cells are empty where other series share a clock's column: such rows are left out. Series
    that come at times of their own are interpolated to those of the one with the most samples.

    Raises
    ------
    DemonstrationError
        If one of several columns that come together lacks a value.
    """
    values = recording.values[:, columns]
    if recording.present is None:
        return recording, values
    present = recording.present[:, columns]
    whole = present.all(axis=1)
    if whole.all():
        return recording, values
    if (whole == present.any(axis=1)).all():
        return _rows(recording, whole), values[whole]
    counts = present.sum(axis=0)
    lead = present[:, int(counts.argmax())]
    for j, count in enumerate(counts):
        apart = np.flatnonzero(present[:, j] != lead)
        if apart.size and (present[:, j] & lead).sum() > count / 2:
            raise DemonstrationError(
                f"{recording.row(int(apart[0]))} of {recording.where} lacks a value",
                got=f"nothing for {recording.labels[columns[j]]}",
                expected="a number",
                advice="remove or fill such samples",
            )
    return _interpolate(recording, columns, values, present, lead)


def _interpolate(
    recording: Recording,
    columns: list[int],
    values: Array,
    present: NDArray[np.bool_],
    lead: Any,
) -> tuple[Recording, Array]:
    clock = recording.time
    if clock is None or not present.any(axis=0).all():
        raise DemonstrationError(
            f"columns of {recording.where} have no values together",
            got=", ".join(recording.labels[i] for i in columns),
        )
    time = np.asarray(clock - clock.min(), dtype=np.float64)
    begin = max(time[present[:, j]].min() for j in range(len(columns)))
    end = min(time[present[:, j]].max() for j in range(len(columns)))
    lead = lead & (time >= begin) & (time <= end)
    filled = np.empty((int(lead.sum()), len(columns)))
    for j in range(len(columns)):
        known = np.flatnonzero(present[:, j])
        known = known[np.argsort(time[known], kind="stable")]
        filled[:, j] = np.interp(time[lead], time[known], values[known, j])
    words = f"{recording.where}: columns come at times of their own and were interpolated"
    rows = _rows(recording, lead)
    return replace(rows, remarks=(*recording.remarks, words)), filled


def _rows(recording: Recording, mask: Any) -> Recording:
    rows = np.flatnonzero(mask)
    name = recording.row
    return replace(
        recording,
        values=recording.values[rows],
        time=None if recording.time is None else recording.time[rows],
        arrival=None if recording.arrival is None else recording.arrival[rows],
        present=None,
        row=lambda index: name(int(rows[index])),
    )
