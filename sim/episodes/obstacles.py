"""Obstacles in the simulator: a motion that keeps clear of them, and bodies to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull

from elcd_policy.obstacles import Obstacle, avoid
from elcd_policy.robot.placement import Placement

from .policy_motion import PolicyMotion

Vector = NDArray[np.float64]

COLOUR = (0.45, 0.47, 0.50, 1.0)
THICKNESS = 0.03  # m, half of that of a 2-D obstacle, which has none of its own


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
        """What it is called in tables."""
        return f"{super().method} around obstacles"

    def __reduce__(self) -> tuple[type[AvoidingMotion], tuple[Any, ...]]:
        return AvoidingMotion, (self.path, self.obstacles, self.margin)


def clearance(positions: ArrayLike, obstacles: Sequence[Obstacle], placement: Placement) -> Vector:
    """Distances [K] in m of the TCP from the nearest obstacle's surface, negative inside.

    Parameters
    ----------
    positions : [K, 3] of the TCP in m, base frame.
    obstacles : in the policy's coordinates; one of 2-D is a column across the policy's plane.
    placement : of the policy in the base frame.
    """
    x = placement.to_policy(positions)
    gaps = [obstacle.distance(x[..., : obstacle.dimension]) for obstacle in obstacles]
    return placement.metres_per_unit * np.min(gaps, axis=0)


def add_bodies(client: Any, obstacles: Sequence[Obstacle], placement: Placement) -> list[int]:
    """Put obstacles into a PyBullet client, to be seen; they touch nothing.

    Only the TCP is kept clear of them: what the arm's links do is not looked at.

    Parameters
    ----------
    client : from `bullet.connect`.
    obstacles, placement : see `clearance`.

    Returns
    -------
    The ids of the bodies.
    """
    bodies = []
    for obstacle in obstacles:
        vertices, triangles = _mesh(obstacle, placement)
        shape = client.createVisualShape(
            client.GEOM_MESH,
            vertices=vertices.tolist(),
            indices=triangles.ravel().tolist(),
            rgbaColor=COLOUR,
        )
        bodies.append(int(client.createMultiBody(0, -1, shape)))
    return bodies


def _mesh(obstacle: Obstacle, placement: Placement) -> tuple[Vector, NDArray[np.int64]]:
    """Vertices [V, 3] in m and triangles [F, 3], seen counterclockwise from outside."""
    surface = obstacle.surface()
    points = placement.to_robot(surface)
    if obstacle.dimension == 2:
        across = THICKNESS * placement.rotation[:, 2]
        points = np.concatenate([points + across, points - across])
    hull = ConvexHull(points)
    triangles = hull.simplices.astype(np.int64)
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (normals * hull.equations[:, :3]).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return points, triangles
