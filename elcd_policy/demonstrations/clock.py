"""Seconds from any clock: the one check of times, for all readers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DemonstrationError
from .checks import MIN_SAMPLES
from .recording import Array, Recording, Ticks
from .source import TIME_UNITS, Source

NANOSECONDS = TIME_UNITS["ns"]
#: s. Times beyond are counted from 1970 or another far epoch, and shown from the first sample on.
EPOCH = 1e8
#: Hz and s; slower or longer recordings are believed only with a word about the clock's unit.
SLOWEST, LONGEST = 2.0, 3600.0
#: s, by which a clock steps while messages keep coming.
STEP = 0.5
#: A step in time is a gap if it is longer than both: of the median step, and s ...
GAP_STEPS, GAP_TIME = 10.0, 0.1
#: ... and if the motion gets on by more than this share of its extent meanwhile.
GAP_MOTION = 0.05
#: Share of samples that may come late.
LATE = 0.1
#: Recordings of fewer samples have no rate to speak of.
FEW = 20


class Timed(NamedTuple):
    """Samples in the order of their times: ``rows`` [M] of the recording at ``time`` [M] in s."""

    time: Array
    rows: NDArray[np.int64]
    remarks: list[str]


def read_clock(recording: Recording, values: Array, request: Source, stated: str = "") -> Timed:
    """Return the samples of a recording at increasing times in s.

    Stamps of zero among others and clocks that step are replaced by arrival times, where a
    message has one. Samples are sorted, exact repeats dropped, times since 1970 made relative.

    Parameters
    ----------
    recording : with the clock to read.
    values : [N, k], the columns that are wanted.
    request : with ``time_unit``, ``rate`` and ``gaps``.
    stated : the clock's unit as the metadata beside the file say it.

    Raises
    ------
    DemonstrationError
        If there is no clock, its unit can't be right, it steps, or the motion has a gap.
    """
    where = recording.where
    remarks: list[str] = []
    if recording.time is None:
        if request.rate is None:
            raise DemonstrationError(
                f"{where} does not tell its times",
                expected="samples per second",
                advice="say --rate HZ",
            )
        count = len(values)
        return Timed(np.arange(count) / request.rate, np.arange(count), remarks)
    ticks = np.asarray(recording.time)
    _check_finite(ticks, recording)
    unit = request.time_unit or recording.time_unit or stated
    ticks, unit, words = _without_zero_stamps(ticks, unit, recording)
    remarks += words
    time = _seconds(ticks, unit or "s")
    if not unit:
        _check_plausible(ticks, recording)
    rows = np.argsort(time, kind="stable")
    late = int((time < np.maximum.accumulate(time)).sum())
    if late:
        _check_order(time, recording, late)
        remarks.append(f"{where}: samples that came late ({late}) were sorted by time")
    rows, dropped = _without_repeats(time, values, rows, recording)
    if dropped:
        remarks.append(f"{where}: repeated samples ({dropped}) dropped")
    time = time[rows]
    return _without_gaps(time, values, rows, recording, request, remarks)


def _seconds(ticks: Ticks, unit: str) -> Array:
    """Return seconds; far from zero counted from the first one, before digits are lost."""
    scale = TIME_UNITS[unit]
    if ticks.size and abs(float(ticks[0])) / scale > EPOCH:
        first = ticks.min()
        # Wide enough for differences between any two.
        return np.asarray((ticks - first) / scale, dtype=np.float64)
    if ticks.dtype.kind == "i" and ticks.size and float(np.abs(ticks).max()) > 2.0**53:
        # Whole numbers divide to the nearest float, as floats they may not.
        return np.array([tick / scale for tick in ticks.tolist()])
    return np.asarray(ticks / scale, dtype=np.float64)


def _without_zero_stamps(
    ticks: Ticks, unit: str, recording: Recording
) -> tuple[Ticks, str, list[str]]:
    """Replace zero stamps, and clocks that step, by the arrival of their messages."""
    arrival, where = recording.arrival, recording.where
    scale = TIME_UNITS[unit or "s"]
    if not ticks.any():
        if arrival is None:
            return ticks, unit, []
        return arrival, "ns", []
    zero = ticks == 0
    others = ticks[~zero]
    if zero.any() and float(np.abs(others).min()) / scale > EPOCH:
        count = int(zero.sum())
        if arrival is None:
            first = recording.row(int(np.argmax(zero)))
            raise DemonstrationError(
                f"{count} times in {where} are 0 among others, first at {first}",
                got=f"times up to {float(others.max()):.10g}",
                advice="remove these samples",
            )
        offset = int(np.median(others - arrival[~zero]))
        ticks = np.where(zero, arrival + offset, ticks)
        return ticks, unit, [f"{where}: {count} stamps of 0 replaced by the time of arrival"]
    if arrival is not None and len(ticks) > 1:
        lag, pause = np.diff(ticks - arrival) / scale, np.diff(arrival) / NANOSECONDS
        going = pause < max(GAP_STEPS * float(np.median(pause)), GAP_TIME)
        steps = np.flatnonzero(going & (np.abs(lag) > STEP))
        if steps.size:
            at = int(steps[0])
            after = (float(arrival[at + 1]) - float(arrival[0])) / NANOSECONDS
            words = (
                f"{where}: the clock steps by {lag[at]:+.6g} s at {recording.row(at + 1)}, "
                f"{after:.3g} s after the first; timed by arrival instead"
            )
            return arrival, "ns", [words]
    return ticks, unit, []


def _check_finite(ticks: Ticks, recording: Recording) -> None:
    broken = np.flatnonzero(~np.isfinite(ticks))
    if broken.size:
        raise DemonstrationError(
            f"{recording.row(int(broken[0]))} of {recording.where} is not finite",
            got=f"t = {ticks[broken[0]]}",
            expected="a time",
        )


def _check_plausible(ticks: Ticks, recording: Recording) -> None:
    """Refuse what seconds can't be, unless somebody says they are."""
    if len(ticks) < MIN_SAMPLES:
        return
    step = float(np.median(np.abs(np.diff(ticks))))
    length = float(ticks.max() - ticks.min())
    far = float(np.abs(ticks).max())
    if far < 100 * EPOCH and step <= 1 / SLOWEST and length <= LONGEST:
        return
    jump = int(np.argmax(np.abs(np.diff(ticks))))
    size = float(ticks[jump + 1] - ticks[jump])
    if far < 100 * EPOCH and step <= 1 / SLOWEST and abs(size) > length / 2:
        raise DemonstrationError(
            f"the clock of {recording.where} steps by {size:+.6g} at {recording.row(jump + 1)}",
            got=f"t = {ticks[jump + 1]:.10g} after {ticks[jump]:.10g}",
            expected="one clock throughout",
            advice="correct the times, or drop the demonstration",
        )
    if far >= 100 * EPOCH:  # counted from 1970
        unit = "ms" if far < 1e14 else "us" if far < 1e17 else "ns"
        got = f"times about {far:.4g}"
    else:
        unit = next((u for u, scale in TIME_UNITS.items() if step / scale <= 0.2), "ns")
        got = f"a step of {step:.4g} and a length of {length:.4g}"
    raise DemonstrationError(
        f"the times in {recording.where} are no seconds",
        got=got,
        expected=f"{SLOWEST:g} samples a second or more, up to an hour",
        advice=f"is the time in {unit}? say --time-unit {unit}",
    )


def _check_order(time: Array, recording: Recording, late: int) -> None:
    """Refuse clocks that go back by more than a message may be late, or more often."""
    step = float(np.median(np.abs(np.diff(time))))
    largest = float(-np.diff(time).min())
    if largest > max(GAP_STEPS * step, GAP_TIME) or late > max(LATE * len(time), 1):
        at = int(np.argmin(np.diff(time)))
        raise DemonstrationError(
            f"the clock of {recording.where} goes back by {largest:.4g} s at "
            f"{recording.row(at + 1)}",
            got=f"t = {time[at + 1]:.6g} s after {time[at]:.6g} s",
            expected="increasing times",
            advice="several demonstrations in one file need a column named episode",
        )


def _without_repeats(
    time: Array, values: Array, rows: NDArray[np.int64], recording: Recording
) -> tuple[NDArray[np.int64], int]:
    same = np.flatnonzero(np.diff(time[rows]) == 0)
    if not same.size:
        return rows, 0
    unequal = (values[rows[same]] != values[rows[same + 1]]).any(axis=1)
    if unequal.any():
        at = int(same[np.argmax(unequal)])
        first, second = sorted((int(rows[at]), int(rows[at + 1])))
        raise DemonstrationError(
            f"time does not increase at {recording.row(second)} of {recording.where}",
            got=f"t = {time[second]:.10g} s after {time[first]:.10g} s, with other values",
            expected="one sample at each time",
            advice="keep one of them",
        )
    return np.delete(rows, same + 1), len(same)


def _without_gaps(
    time: Array,
    values: Array,
    rows: NDArray[np.int64],
    recording: Recording,
    request: Source,
    remarks: list[str],
) -> Timed:
    steps = np.diff(time)
    if len(time) < FEW:
        return Timed(time, rows, remarks)
    long = steps > max(GAP_STEPS * float(np.median(steps)), GAP_TIME)
    motion = values[rows]
    extent = float((motion.max(axis=0) - motion.min(axis=0)).max())
    moved = np.abs(np.diff(motion, axis=0)).max(axis=1)
    gaps = np.flatnonzero(long & (moved > GAP_MOTION * extent))
    if not gaps.size:
        return Timed(time, rows, remarks)
    at = int(gaps[np.argmax(steps[gaps])])
    hole = (
        f"a gap of {steps[at]:.3g} s at {time[at] - time[0]:.3g} s, "
        f"before {recording.row(int(rows[at + 1]))}"
    )
    if request.gaps == "bridge":
        return Timed(time, rows, [*remarks, f"{recording.where}: {hole}, bridged"])
    if request.gaps == "cut":
        last = int(gaps[-1]) + 1
        words = f"{recording.where}: {hole}; kept what follows the last gap"
        return Timed(time[last:], rows[last:], [*remarks, words])
    raise DemonstrationError(
        f"{recording.where} has {hole}",
        got=f"{gaps.size} gap{'s' * (gaps.size > 1)} in which the motion gets on",
        expected="samples throughout",
        advice="say --gaps cut to keep what follows it, --gaps bridge to go straight across, "
        "or --drop the demonstration",
    )
