"""Obstacles as bodies that a film shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import ConvexHull

from elcd_policy.obstacles import Obstacle
from elcd_policy.robot.placement import Placement

from ..arm.renderer import Mesh

COLOUR = (0.45, 0.47, 0.50)
THICKNESS = 0.03  # m, half of that of a 2-D obstacle, which has none of its own


def make_obstacle_bodies(obstacles: Sequence[Obstacle], placement: Placement) -> list[Mesh]:
    """Return obstacles as bodies to be seen; they touch nothing.

    Only the TCP is kept clear of them: what the arm's links do is not looked at.

    Parameters
    ----------
    obstacles : in the policy's coordinates; one of 2-D is a column across the policy's plane.
    placement : of the policy in the base frame.
    """
    return [_mesh(obstacle, placement) for obstacle in obstacles]


def _mesh(obstacle: Obstacle, placement: Placement) -> Mesh:
    points = placement.to_robot(obstacle.surface())
    if obstacle.dimension == 2:
        across = THICKNESS * placement.rotation[:, 2]
        points = np.concatenate([points + across, points - across])
    hull = ConvexHull(points)
    triangles = hull.simplices.astype(np.int64)
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (normals * hull.equations[:, :3]).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return Mesh(points, triangles, COLOUR)
