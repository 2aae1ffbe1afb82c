"""Demonstrations as paths of unit extent, the form in which detectors look at them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...robot.orientation import POSE_DIMENSION
from .. import DemonstrationSet
from ..preparation.dwell import moving_part
from ..preparation.smoothing import cutoff_for, smooth_motion

Array = NDArray[np.float64]

#: Instants at which a motion is looked at.
INSTANTS = 300
#: Samples of a demonstration that are looked at, at most: an hour at 5 Hz.
MOST_SAMPLES = 20_000
#: Length between two points of a path, of the extent.
STEP = 0.01
#: Points of a path at most: what wipes for longer is looked at more coarsely.
MOST_POINTS = 4000
#: rad; rotations of poses that turn less count as if they turned by so much.
LEAST_TURN = 0.35


@dataclass(frozen=True, eq=False)
class Path:
    """One demonstration between its rests, smoothed, in units of the set's extent.

    Parameters
    ----------
    time : [K] in s, even, from the first to the last instant of the motion.
    position : [K, d] at these times; of poses the rotations weigh as much as the positions.
    velocity : [K, d] per s.
    """

    time: Array
    position: Array
    velocity: Array

    @property
    def duration(self) -> float:
        """Time between the rests, in s."""
        return float(self.time[-1] - self.time[0])

    @cached_property
    def length(self) -> float:
        """Return the length of the path in extents."""
        return float(np.linalg.norm(np.diff(self.position, axis=0), axis=1).sum())

    @cached_property
    def points(self) -> Array:
        """Return the path [L, d] at equal lengths of about `STEP`, at least 20 points."""
        return self.resampled(int(np.clip(np.ceil(self.length / STEP), 20, MOST_POINTS)))

    @property
    def step(self) -> float:
        """Return the length between two of ``points``."""
        return self.length / (len(self.points) - 1)

    def resampled(self, count: int) -> Array:
        """Return the path [count, d] at equal lengths."""
        gone = np.linalg.norm(np.diff(self.position, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(gone)])
        even = np.linspace(0.0, along[-1], count)
        return np.stack([np.interp(even, along, column) for column in self.position.T], axis=1)


@dataclass(frozen=True, eq=False)
class Paths:
    """All demonstrations of a set as `Path`.

    Parameters
    ----------
    demonstrations : they came from.
    unit : [d], what each coordinate was divided by.
    """

    demonstrations: DemonstrationSet
    unit: Array
    paths: tuple[Path, ...]

    @classmethod
    def from_demonstrations(cls, demonstrations: DemonstrationSet) -> Paths:
        """Smooth each demonstration, cut its rests and bring it to unit extent."""
        unit = extent_units(demonstrations)
        paths = []
        for demonstration in demonstrations:
            cutoff = cutoff_for(demonstration.duration)
            every = -(-len(demonstration.time) // MOST_SAMPLES)
            time, position = demonstration.time[::every], demonstration.position[::every] / unit
            motion = smooth_motion(time, position, cutoff)
            fine = np.linspace(time[0], time[-1], INSTANTS)
            first, last = moving_part(fine, motion(fine))
            even = np.linspace(fine[first], fine[last], INSTANTS)
            paths.append(Path(even, motion(even), motion(even, 1)))
        return cls(demonstrations, unit, tuple(paths))

    @property
    def extent(self) -> float:
        """Unit of the positions: the longest side of the box of one demonstration, the median."""
        return float(self.unit[0])

    @property
    def moving(self) -> list[int]:
        """Return demonstrations in which something moves: by a twentieth of the extent at least."""
        reach = [float(np.ptp(path.position, axis=0).max()) for path in self.paths]
        return [index for index, far in enumerate(reach) if far > 0.05]

    def name(self, index: int) -> str:
        """Return what messages call a demonstration."""
        return self.demonstrations[index].name or f"demonstration {index}"

    def length_text(self, extents: float) -> str:
        """Return a length as people read it: mm where units are m and the motion is below 10 m."""
        return length_text(extents * self.extent, self.demonstrations.units, self.extent)

    def point_text(self, point: Array) -> str:
        """Return a place in the demonstrations' own coordinates; of poses its position."""
        shown = point * self.unit
        if self.demonstrations.orientation is not None:
            shown = shown[:3]
        return "(" + ", ".join(f"{value:.3g}" for value in shown) + ")"


def extent_units(demonstrations: DemonstrationSet) -> Array:
    """Return divisors [d] of coordinates: the median longest side of a demonstration's box.

    Of poses it is that of the positions for the first three coordinates, and that of the rotations,
    at least `LEAST_TURN`, for the others. It is a median: one stray demonstration does not
    change it.
    """
    sides = np.array([np.ptp(each.position, axis=0) for each in demonstrations])
    if demonstrations.orientation is None:
        parts, floors = [sides], [0.0]
    else:
        parts, floors = np.split(sides, [POSE_DIMENSION // 2], axis=1), [0.0, LEAST_TURN]
    units = []
    for part, floor in zip(parts, floors, strict=True):
        longest = part.max(axis=1)
        extent = max(float(np.median(longest)), floor) or float(longest.max()) or 1.0
        units.append(np.full(part.shape[1], extent))
    return np.concatenate(units)


def length_text(length: float, units: str, extent: float) -> str:
    """Return a length as people read it: in mm where ``units`` are m and motions below 10 m."""
    factor, units = people_units(units, extent)
    length *= factor
    digits = 0 if length >= 9.95 else 1 if length >= 0.95 else 2
    return f"{length:.{digits}f} {units}"


def people_units(units: str, extent: float) -> tuple[float, str]:
    """Return factor and unit in which people read errors of such a motion: m as mm."""
    return (1000.0, "mm") if units == "m" and extent < 10.0 else (1.0, units)
