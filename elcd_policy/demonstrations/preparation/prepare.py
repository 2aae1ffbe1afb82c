"""Raw demonstrations made ready for training, and how far that moved them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ParameterError
from .. import DemonstrationSet
from .findings import moving_motion, units_of_extent, without_outliers
from .smoothing import CUTOFF, cutoff_for, smooth_motion

Array = NDArray[np.float64]

#: Hz, of the prepared samples; as often more as `CUTOFF` fits into a higher cutoff.
RATE = 100.0
#: Samples made of each that was recorded, at most.
MOST_SAMPLES = 10
#: Shares of the extent beyond which paths or ends were moved too far, and of the peak speed.
MOVED, SLOWED = 0.02, 0.2


def prepare(demonstrations: DemonstrationSet, cutoff: float | None = None) -> DemonstrationSet:
    """Leave outliers out, smooth, trim the rests at both ends, and sample evenly from time 0 on.

    Parameters
    ----------
    demonstrations : as they were recorded.
    cutoff : of the smoothing, in Hz; by default `CUTOFF`, and more for a short motion, see
        `cutoff_for`. The sampling rate, `RATE`, grows alike.

    Raises
    ------
    ParameterError
        If the cutoff is not positive.
    """
    if cutoff is not None and not 0 < cutoff < np.inf:
        raise ParameterError(
            "a motion can't be smoothed", got=f"a cutoff of {cutoff:g} Hz", expected="above 0"
        )
    unit = units_of_extent(demonstrations)
    ready = []
    for demonstration in demonstrations:
        time, position, _ = without_outliers(demonstration, unit)
        motion, begin, end = moving_motion(time, position, cutoff)
        rate = RATE * max(1, (cutoff or cutoff_for(end - begin)) // CUTOFF)
        steps = min(max(round((end - begin) * rate), 4), MOST_SAMPLES * len(time))
        even = np.linspace(begin, end, steps + 1)
        ready.append(replace(demonstration, time=even - begin, position=motion(even) * unit))
    prepared = replace(demonstrations, demonstrations=ready)
    # Smoothing moves the final orientations, and with them their mean.
    return prepared if prepared.orientation is None else prepared.about(None)


@dataclass(frozen=True)
class Moved:
    """Distances by which preparing moved demonstrations at most; outliers and rests aside.

    Parameters
    ----------
    path : root mean square distance of recorded samples from the prepared path, in units.
    ends : distance of a prepared end from where the recording came to rest, in units.
    speed : share of its peak speed that a motion lost.
    extent : of the demonstrations, in units.
    name : of the demonstration that was moved farthest.
    """

    path: float
    ends: float
    speed: float
    extent: float
    name: str

    @property
    def too_far(self) -> bool:
        """Return whether the motion is another one now."""
        return max(self.path, self.ends) > MOVED * self.extent or self.speed > SLOWED

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "path": self.path,
            "ends": self.ends,
            "speed": self.speed,
            "demonstration": self.name,
            "too_far": self.too_far,
        }


def measure_moved(
    raw: DemonstrationSet, prepared: DemonstrationSet, cutoff: float | None = None
) -> Moved:
    """Return how far `prepare` moved the motions.

    Parameters
    ----------
    raw, prepared : as many demonstrations in the same order.
    cutoff : as given to `prepare`.
    """
    if raw.orientation is not None:
        prepared = prepared.about(raw.orientation)
    unit = units_of_extent(raw)
    figures = []
    for before, after in zip(raw, prepared, strict=True):
        time, position, _ = without_outliers(before, unit)
        _, begin, end = moving_motion(time, position, cutoff)
        inside = (time >= begin) & (time <= end)
        columns = (after.position / unit).T
        now = [np.interp(time[inside] - begin, after.time, column) for column in columns]
        apart = np.linalg.norm(np.stack(now, axis=1) - position[inside], axis=1)
        resting = position[time >= end]
        finish = np.linalg.norm(columns[:, -1] - np.median(resting[: len(resting)], axis=0))
        # What a hand can do, at the motion's own duration: trembling has no peak to keep.
        fair = smooth_motion(time, position, cutoff_for(end - begin))
        peak = _peak(fair(np.linspace(begin, end, 1000), 1))
        lost = 1.0 - _peak(np.gradient(columns, after.time, axis=1).T) / peak if peak else 0.0
        figures.append((float(np.sqrt(np.mean(apart**2))), float(finish), max(lost, 0.0)))
    worst = int(np.argmax([max(path, finish) for path, finish, _ in figures]))
    path, ends, speed = np.max(figures, axis=0).tolist()
    extent = float(unit[0])
    name = raw[worst].name or f"demonstration {worst}"
    return Moved(path * extent, ends * extent, speed, extent, name)


def _peak(velocity: Array) -> float:
    return float(np.linalg.norm(velocity, axis=1).max())
