"""A policy file as a motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy import LoadedPolicy, load

Vector = NDArray[np.float64]


class PolicyMotion:
    """The field of a policy file, without memory: see `Motion`.

    Parameters
    ----------
    path : of the file. A worker process reads it anew: TorchScript can't be pickled.

    Raises
    ------
    PolicyFileError
        If the file can't be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.policy: LoadedPolicy = load(self.path)
        self.dimension = self.policy.dimension
        self._goal = self.policy.get_goal()

    @property
    def method(self) -> str:
        """Name for tables: the field's class."""
        return str(self.policy.metadata.guarantee["field"])

    def begin(self, x: Vector) -> None:
        """Put the goal back."""
        self.set_goal(self._goal)

    def velocity(self, time: float, x: Vector) -> Vector:
        """Return the field [d] at ``x`` [d]; the time does not matter."""
        return self.policy.velocity(x)

    def set_goal(self, goal: Vector) -> None:
        """Move the field with its goal to ``goal`` [d]."""
        self.policy.set_goal(goal)

    def get_goal(self) -> Vector:
        """Return the goal [d]."""
        return self.policy.get_goal()

    def __reduce__(self) -> tuple[type[PolicyMotion], tuple[Any, ...]]:
        return PolicyMotion, (self.path,)
