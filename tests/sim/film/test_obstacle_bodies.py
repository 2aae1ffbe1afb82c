"""Obstacles are seen where they are."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from elcd_policy.obstacles import Obstacle
from elcd_policy.perception import Camera
from elcd_policy.robot.placement import Placement
from elcd_policy_sim import load_robot
from elcd_policy_sim.arm.engines import open_renderer
from elcd_policy_sim.arm.renderer import Light
from elcd_policy_sim.film import make_obstacle_bodies

TURNED = Placement([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.5, 0.0, 0.3], 0.002)


@pytest.mark.parametrize("shape", ["ellipsoid", "box"])
@pytest.mark.parametrize("k", [2, 3])
def test_bodies_are_seen_where_the_obstacles_are(shape: str, k: int, engine: str) -> None:
    """Look along the base's x axis, which is across the policy's plane."""
    obstacle = Obstacle(shape, np.array([10.0, 20.0, 0.0])[:k], np.array([30.0, 10.0, 5.0])[:k])
    middle = TURNED.to_robot(obstacle.centre)
    eye = middle + np.array([8.0, 0.0, 0.0])
    camera = Camera(tuple(eye), tuple(middle), 2.5, 200, 200)
    bodies = make_obstacle_bodies([obstacle], TURNED)
    with closing(open_renderer(engine, load_robot("point"), camera, meshes=bodies)) as renderer:
        renderer.render(Light())
        seen = renderer.segment() == 0
    rows, columns = np.nonzero(seen)
    pixel = 2 * 8.0 * np.tan(np.radians(1.25)) / 200  # m
    assert np.ptp(columns) * pixel == pytest.approx(2 * 0.002 * 30.0, abs=4 * pixel)
    assert np.ptp(rows) * pixel == pytest.approx(2 * 0.002 * 10.0, abs=4 * pixel)
