"""Findings on raw demonstrations that stand between them and a good policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from ...robot.orientation import POSE_DIMENSION
from .. import Demonstration, DemonstrationSet
from ..checks import MIN_SAMPLES
from .contradictions import contradictions
from .dwell import moving_part
from .outliers import find_outliers
from .smoothing import CUTOFF, cutoff_for, smooth_motion

Array = NDArray[np.float64]

#: Limits, all shares. The 30 LASA shapes stay below 0.06, 0.06 and 0.0.
DWELL, NOISE, CONTRADICTORY = 0.1, 0.25, 0.15
#: Points a motion is looked at.
POINTS = 200


@dataclass(frozen=True, eq=False)
class Findings:
    """Findings of `inspect`; nothing of it depends on the unit of length.

    Parameters
    ----------
    rest : [n, 2] in s, how long each demonstration rests at its start and its end.
    duration : [n] in s, of the motions between.
    noise : root mean square velocity of what smoothing takes away, over that of the motion;
        the median over the demonstrations.
    outliers : [n], samples of each demonstration that jump away and back, see `find_outliers`.
    end_spread : root mean square distance of the last positions from their mean, in units.
    extent : longest side of the demonstrated box, in units; poses: of the positions.
    contradictory : share of moving samples that pass another demonstration's closely in an
        opposed direction, judged with the orientation of poses.
    contradictory_positions : the same, judged on positions alone.
    contradictory_at_once : the same as ``contradictory``, of samples at the same share of their
        duration.
    places : [M, d] in units, where.
    names : of the demonstrations.
    units : of the demonstrations.
    """

    rest: Array
    duration: Array
    noise: float
    outliers: tuple[int, ...]
    end_spread: float
    extent: float
    contradictory: float
    contradictory_positions: float
    contradictory_at_once: float
    places: Array
    names: tuple[str, ...]
    units: str

    @property
    def dwell(self) -> tuple[float, float]:
        """Rest at the start and at the end as shares of the motion, medians."""
        start, end = np.median(self.rest / self.duration[:, None], axis=0).tolist()
        return start, end

    @property
    def mendable(self) -> list[str]:
        """Return what `prepare` mends, one clause each; empty if the data do not need it."""
        start, end = np.median(self.rest, axis=0).tolist()
        found = []
        if max(self.dwell) > DWELL:
            found.append(f"they rest for {start:.2f} s at the start and {end:.2f} s at the end")
        if self.noise > NOISE:
            found.append(f"noise moves {self.noise:.2g} times as fast as the motion")
        if any(self.outliers):
            worst = int(np.argmax(self.outliers))
            found.append(
                f"{sum(self.outliers)} samples jump away and back, most in {self.names[worst]}"
            )
        return found

    @property
    def warnings(self) -> list[str]:
        """Return what only other demonstrations mend, one clause each."""
        if self.contradictory <= CONTRADICTORY:
            return []
        at_once = f", {self.contradictory_at_once:.0%} at the same time"
        return [
            f"{self.contradictory:.0%} of the samples pass another demonstration the opposite way"
            + (at_once if self.contradictory_at_once > 0 else "")
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "rest_s": self.rest.tolist(),
            "duration_s": self.duration.tolist(),
            "noise": self.noise,
            "outliers": list(self.outliers),
            "end_spread": self.end_spread,
            "extent": self.extent,
            "contradictory": self.contradictory,
            "contradictory_positions": self.contradictory_positions,
            "contradictory_at_once": self.contradictory_at_once,
            "units": self.units,
            "mendable": self.mendable,
            "warnings": self.warnings,
        }


def inspect(demonstrations: DemonstrationSet) -> Findings:
    """Look for rests, noise, outliers and contradictions; takes milliseconds.

    All thresholds are relative: data in mm and in m are treated alike.
    """
    unit = units_of_extent(demonstrations)
    rest, noise, positions, velocities, outliers = [], [], [], [], []
    for demonstration in demonstrations:
        time, position, gone = without_outliers(demonstration, unit)
        motion, begin, end = moving_motion(time, position)
        outliers.append(gone)
        rest.append((begin - time[0], time[-1] - end))
        velocity = motion(time, 1)
        rough = np.diff(position - motion(time), axis=0) / np.diff(time)[:, None]
        usual = max(float((velocity**2).sum(axis=1).mean()), np.finfo(float).tiny)
        noise.append(np.sqrt((rough**2).sum(axis=1).mean() / usual))
        even = np.linspace(begin, end, POINTS)
        positions.append(motion(even))
        velocities.append(motion(even, 1))
    everything, speeds = np.concatenate(positions), np.concatenate(velocities)
    member = np.repeat(np.arange(len(positions)), POINTS)
    phase = np.tile(np.linspace(0.0, 1.0, POINTS), len(positions))
    opposed = contradictions(everything, speeds, member, phase)
    flat = opposed
    if demonstrations.orientation is not None:
        flat = contradictions(everything[:, :3], speeds[:, :3], member, phase)
    ends = np.array([path[-1] for path in positions])
    apart = np.linalg.norm(ends - ends.mean(axis=0), axis=1)
    durations = [float(np.ptp(demonstration.time)) for demonstration in demonstrations]
    return Findings(
        rest=np.array(rest),
        duration=np.array(durations) - np.sum(rest, axis=1),
        noise=float(np.median(noise)),
        outliers=tuple(outliers),
        end_spread=float(np.sqrt(np.mean(apart**2)) * unit[0]),
        extent=float(unit[0]),
        contradictory=opposed.share,
        contradictory_positions=flat.share,
        contradictory_at_once=opposed.at_once,
        places=everything[opposed.samples] * unit,
        names=tuple(each.name or f"demonstration {i}" for i, each in enumerate(demonstrations)),
        units=demonstrations.units,
    )


def without_outliers(demonstration: Demonstration, unit: Array) -> tuple[Array, Array, int]:
    """Return times [N], positions [N, d] in ``unit`` and how many samples were left out."""
    time, position = demonstration.time, demonstration.position / unit
    outliers = find_outliers(position)
    if len(time) - len(outliers) < MIN_SAMPLES:
        return time, position, 0
    return np.delete(time, outliers), np.delete(position, outliers, axis=0), len(outliers)


def moving_motion(
    time: Array, position: Array, cutoff: float | None = None
) -> tuple[CubicSpline, float, float]:
    """Return the smooth motion through samples, and when it begins and ends, in s.

    Without a ``cutoff`` in Hz that of the motion's own duration is taken, without its rests.
    """
    motion = smooth_motion(time, position, cutoff or cutoff_for(float(np.ptp(time))))
    begin, end = moving_times(time, motion)
    if cutoff is None and cutoff_for(end - begin) > CUTOFF:
        motion = smooth_motion(time, position, cutoff_for(end - begin))
        begin, end = moving_times(time, motion)
    return motion, begin, end


def units_of_extent(demonstrations: DemonstrationSet) -> Array:
    """Return [d], what each coordinate is divided by: the longest side of the demonstrated box.

    Of poses it is that of the positions; angles stay, so that 1 rad weighs as much as it.
    """
    lower, upper = demonstrations.workspace
    sides = upper - lower
    unit = np.full(len(sides), sides.max())
    if demonstrations.orientation is not None:
        positions = sides[: POSE_DIMENSION // 2].max()
        unit[: POSE_DIMENSION // 2] = positions or 1.0
        unit[POSE_DIMENSION // 2 :] = 1.0
    return unit


def moving_times(time: Array, motion: Any) -> tuple[float, float]:
    """Return when a smooth motion, a function of time, begins and ends."""
    fine = np.linspace(time[0], time[-1], max(len(time), POINTS))
    first, last = moving_part(fine, motion(fine))
    return float(fine[first]), float(fine[last])
