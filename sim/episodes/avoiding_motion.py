"""A policy's motion that keeps clear of obstacles, and how near the TCP comes to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elcd_policy import avoid
from elcd_policy.obstacles import Obstacle
from elcd_policy.robot.placement import Placement

from .policy_motion import PolicyMotion

Vector = NDArray[np.float64]


class AvoidingMotion(PolicyMotion):
    """The field of a policy file, bent around obstacles that stay; see `avoid`.

    Parameters
    ----------
    path : of the file.
    obstacles, margin : in the policy's coordinates, see `elcd_policy.obstacles.avoid`.

    Raises
    ------
    PolicyFileError
        If the file can't be read.
    ParameterError
        If the obstacles do not fit the policy or each other, or one holds the goal.
    """

    def __init__(
        self, path: str | Path, obstacles: Sequence[Obstacle], margin: float = 0.0
    ) -> None:
        super().__init__(path)
        self.obstacles, self.margin = tuple(obstacles), margin
        self.policy = avoid(self.policy, self.obstacles, margin)

    @property
    def method(self) -> str:
        """Name for tables."""
        return f"{super().method} around obstacles"

    def __reduce__(self) -> tuple[type[AvoidingMotion], tuple[Any, ...]]:
        return AvoidingMotion, (self.path, self.obstacles, self.margin)


def clearance(positions: ArrayLike, obstacles: Sequence[Obstacle], placement: Placement) -> Vector:
    """Return distances [K] in m of the TCP from the nearest obstacle's surface, negative inside.

    Parameters
    ----------
    positions : [K, 3] of the TCP in m, base frame.
    obstacles : in the policy's coordinates; one of 2-D is a column across the policy's plane.
    placement : of the policy in the base frame.
    """
    x = placement.to_policy(positions)
    gaps = [obstacle.distance(x[..., : obstacle.dimension]) for obstacle in obstacles]
    return placement.metres_per_unit * np.min(gaps, axis=0)
