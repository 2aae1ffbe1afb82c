"""Obstacles as bodies that a film shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from elcd_policy.obstacles import Obstacle
from elcd_policy.robot.placement import Placement

Vector = NDArray[np.float64]

COLOUR = (0.45, 0.47, 0.50, 1.0)
THICKNESS = 0.03  # m, half of that of a 2-D obstacle, which has none of its own


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
    """Return vertices [V, 3] in m and triangles [F, 3], seen counterclockwise from outside."""
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
