"""A dynamical movement primitive of the `movement_primitives` package."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.errors import MissingExtraError

from .replay import GAIN, mean_demonstration

Vector = NDArray[np.float64]

WEIGHTS = 30  # of the forcing term, per dimension; with 50 it is far off on a LASA shape
LONGEST = 0.01  # s, of an integration step
STEP = "rk4"  # written in Python: the compiled ones are not in every installation


class PrimitiveMotion:
    """A DMP imitates the mean demonstration; a PD tracker follows what it generates.

    It starts where the arm is and ends at the goal, also a moved one. Its phase runs on with
    time whatever happens to the arm (Ijspeert et al., "Dynamical movement primitives", Neural
    Computation 25, 2013).

    Parameters
    ----------
    demonstrations : whose mean is imitated.

    Raises
    ------
    MissingExtraError
        If `movement_primitives` is not installed.
    """

    def __init__(self, demonstrations: DemonstrationSet) -> None:
        try:
            from movement_primitives.dmp import DMP
        except ImportError as error:
            raise MissingExtraError(
                "movement_primitives", "compare", "it is built with a C compiler"
            ) from error
        self.dimension = demonstrations.dimension
        path, time = mean_demonstration(demonstrations)
        self._dmp = DMP(self.dimension, float(time[-1]), n_weights_per_dim=WEIGHTS)
        self._dmp.imitate(time, path)
        self._end = self._goal = path[-1]
        self.begin(path[0])

    def begin(self, x: Vector) -> None:
        """See `Motion`."""
        self._position, self._speed = np.array(x), np.zeros(self.dimension)
        self._time, self._goal = 0.0, self._end
        self._dmp.configure(start_y=self._position, goal_y=self._goal)
        self._dmp.reset()

    def velocity(self, time: float, x: Vector) -> Vector:
        """Return the velocity [d] towards where the primitive is at that time."""
        steps = math.ceil((time - self._time) / LONGEST - 1e-9)
        for _ in range(steps):
            self._dmp.dt_ = (time - self._time) / steps
            self._position, self._speed = self._dmp.step(
                self._position, self._speed, step_function=STEP
            )
        self._time = time
        return self._speed + GAIN * (self._position - x)

    def set_goal(self, goal: Vector) -> None:
        """Let the primitive end at ``goal`` [d]."""
        self._goal = np.array(goal)
        self._dmp.configure(goal_y=self._goal)

    def get_goal(self) -> Vector:
        """Return the goal [d], where it ends."""
        return self._goal
