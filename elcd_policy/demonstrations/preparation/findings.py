"""What stands between raw demonstrations and a policy that learns them well."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...robot.orientation import POSE_DIMENSION
from .. import DemonstrationSet
from .contradictions import contradictions
from .dwell import moving_part
from .smoothing import smooth_motion

Array = NDArray[np.float64]

#: Limits, all shares. The 30 LASA shapes stay below 0.06, 0.06, 0.0 and 0.09.
DWELL, NOISE, END_SPREAD, CONTRADICTORY = 0.1, 0.25, 0.05, 0.15
#: Points a motion is looked at.
POINTS = 200


@dataclass(frozen=True, eq=False)
class Findings:
    """What `inspect` found; nothing of it depends on the unit of length.

    Parameters
    ----------
    rest : [n, 2] in s, how long each demonstration rests at its start and its end.
    duration : [n] in s, of the motions between.
    noise : root mean square velocity of what smoothing takes away, over that of the motion;
        the median over the demonstrations.
    end_spread : root mean square distance of the last positions from their mean, in units.
    extent : longest side of the demonstrated box, in units; poses: of the positions.
    contradictory : share of moving samples that pass another closely in an opposed direction.
    places : [M, d] in units, where.
    units : of the demonstrations.
    """

    rest: Array
    duration: Array
    noise: float
    end_spread: float
    extent: float
    contradictory: float
    places: Array
    units: str

    @property
    def dwell(self) -> tuple[float, float]:
        """Rest at the start and at the end as shares of the motion, medians."""
        start, end = np.median(self.rest / self.duration[:, None], axis=0).tolist()
        return start, end

    @property
    def mendable(self) -> list[str]:
        """What `prepare` mends, one clause each; empty if the data do not need it."""
        start, end = np.median(self.rest, axis=0).tolist()
        found = []
        if max(self.dwell) > DWELL:
            found.append(f"they rest for {start:.2f} s at the start and {end:.2f} s at the end")
        if self.noise > NOISE:
            found.append(f"noise moves {self.noise:.2g} times as fast as the motion")
        return found

    @property
    def warnings(self) -> list[str]:
        """What only other demonstrations mend, one clause each."""
        found = []
        if self.end_spread > END_SPREAD * self.extent:
            found.append(
                f"they end {self.end_spread:.3g} {self.units} apart "
                f"({self.end_spread / self.extent:.0%} of their extent)"
            )
        if self.contradictory > CONTRADICTORY:
            found.append(f"{self.contradictory:.0%} of them pass each other the opposite way")
        return found

    def complaint(self, source: str) -> str:
        """One line with the command to run, if something was found; else empty."""
        found = "; ".join([*self.mendable, *self.warnings])
        if not found:
            return ""
        return f"these demonstrations need care: {found}; run: elcd prepare {quote(source)} -o DIR"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return {
            "rest_s": self.rest.tolist(),
            "duration_s": self.duration.tolist(),
            "noise": self.noise,
            "end_spread": self.end_spread,
            "extent": self.extent,
            "contradictory": self.contradictory,
            "units": self.units,
            "mendable": self.mendable,
            "warnings": self.warnings,
        }


def inspect(demonstrations: DemonstrationSet) -> Findings:
    """Look for rests, noise, spread of the ends and contradictions; takes milliseconds.

    All thresholds are relative: data in mm and in m are treated alike.
    """
    unit = units_of_extent(demonstrations)
    rest, noise, positions, velocities = [], [], [], []
    for demonstration in demonstrations:
        time, position = demonstration.time, demonstration.position / unit
        motion = smooth_motion(time, position)
        begin, end = moving_times(time, motion)
        rest.append((begin - time[0], time[-1] - end))
        velocity = motion(time, 1)
        rough = np.diff(position - motion(time), axis=0) / np.diff(time)[:, None]
        noise.append(np.sqrt((rough**2).sum(axis=1).mean() / (velocity**2).sum(axis=1).mean()))
        even = np.linspace(begin, end, POINTS)
        positions.append(motion(even))
        velocities.append(motion(even, 1))
    everything = np.concatenate(positions)
    opposed = contradictions(everything, np.concatenate(velocities))
    ends = np.array([path[-1] for path in positions])
    apart = np.linalg.norm(ends - ends.mean(axis=0), axis=1)
    durations = [demonstration.duration for demonstration in demonstrations]
    return Findings(
        rest=np.array(rest),
        duration=np.array(durations) - np.sum(rest, axis=1),
        noise=float(np.median(noise)),
        end_spread=float(np.sqrt(np.mean(apart**2)) * unit[0]),
        extent=float(unit[0]),
        contradictory=opposed.share,
        places=everything[opposed.samples] * unit,
        units=demonstrations.units,
    )


def units_of_extent(demonstrations: DemonstrationSet) -> Array:
    """[d], what each coordinate is divided by: the longest side of the demonstrated box.

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
    """When a smooth motion, a function of time, begins and ends between the first and last time."""
    fine = np.linspace(time[0], time[-1], max(len(time), POINTS))
    first, last = moving_part(fine, motion(fine))
    return float(fine[first]), float(fine[last])
