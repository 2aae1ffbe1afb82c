"""The mean demonstration, played by the clock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.training.alignment import aligned

Vector = NDArray[np.float64]

SAMPLES = 200  # of the mean demonstration
GAIN = 4.0
"""1/s, of the distance from the reference. The arm follows velocities, so a reference's velocity
plus this gain on its distance is a PD tracker; the derivative part is the arm's damping."""


def mean_demonstration(demonstrations: DemonstrationSet) -> tuple[Vector, Vector]:
    """Return the mean [K, d] of the demonstrations aligned in time, and its times [K] in s."""
    positions = np.array([each.resampled(SAMPLES).position for each in demonstrations])
    durations = np.array([each.duration for each in demonstrations])
    positions, duration = aligned(positions, durations)
    return positions.mean(axis=0), np.linspace(0.0, duration, SAMPLES)


class ReplayMotion:
    """A PD tracker on the mean demonstration as a function of time; held at its end.

    The whole path moves with the goal. Time goes on whatever happens to the arm.

    Parameters
    ----------
    demonstrations : whose mean is played.
    """

    def __init__(self, demonstrations: DemonstrationSet) -> None:
        self.dimension = demonstrations.dimension
        self._path, self._time = mean_demonstration(demonstrations)
        self._speed = np.gradient(self._path, self._time, axis=0)
        self._shift = np.zeros(self.dimension)

    def begin(self, x: Vector) -> None:
        """See `Motion`; the start makes no difference."""
        self._shift = np.zeros(self.dimension)

    def velocity(self, time: float, x: Vector) -> Vector:
        """Return the velocity [d] towards the reference at that time."""
        reference = self._at(time, self._path) + self._shift
        speed = self._at(time, self._speed) if time < self._time[-1] else np.zeros(self.dimension)
        return speed + GAIN * (reference - x)

    def set_goal(self, goal: Vector) -> None:
        """Move the path so that it ends at ``goal`` [d]."""
        self._shift = np.asarray(goal) - self._path[-1]

    def get_goal(self) -> Vector:
        """Return the end [d] of the path."""
        return self._path[-1] + self._shift

    def _at(self, time: float, columns: Vector) -> Vector:
        return np.array([np.interp(time, self._time, column) for column in columns.T])
