"""A policy aimed at a goal of its own, over one that others follow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .robot_motion import Policy

Array = NDArray[np.float64]


class AimedPolicy:
    """Shares a policy's field and aims it elsewhere, for one evaluation at a time.

    Parameters
    ----------
    policy : the shared one, whose goal stays.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy, self._goal = policy, policy.get_goal()

    def velocity(self, x: Array) -> Array:
        """Return the velocity [d] at a state [d] under the own goal."""
        shared = self._policy.get_goal()
        self._policy.set_goal(self._goal)
        try:
            return self._policy.velocity(x)
        finally:
            self._policy.set_goal(shared)

    def get_goal(self) -> Array:
        """Return the own attractor [d]."""
        return self._goal

    def set_goal(self, g: Array) -> None:
        """Move the own attractor [d]."""
        self._goal = np.asarray(g, dtype=np.float64)
