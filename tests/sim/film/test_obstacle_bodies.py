"""Obstacles are seen where they are."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pybullet")

from elcd_policy.obstacles import Obstacle
from elcd_policy.robot.placement import Placement
from elcd_policy_sim.arm.bullet.client import connect
from elcd_policy_sim.film import add_bodies

TURNED = Placement([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.5, 0.0, 0.3], 0.002)


@pytest.mark.parametrize("shape", ["ellipsoid", "box"])
@pytest.mark.parametrize("k", [2, 3])
def test_bodies_are_seen_where_the_obstacles_are(shape: str, k: int) -> None:
    """Look from far off along the base's x axis, across the policy's plane."""
    obstacle = Obstacle(shape, np.array([10.0, 20.0, 0.0])[:k], np.array([30.0, 10.0, 5.0])[:k])
    client = connect()
    try:
        add_bodies(client, [obstacle], TURNED)
        middle = TURNED.to_robot(obstacle.centre)
        view = client.computeViewMatrix(
            (middle + np.array([20.0, 0, 0])).tolist(), middle.tolist(), [0, 0, 1]
        )
        projection = client.computeProjectionMatrixFOV(1.0, 1.0, 1.0, 40.0)
        *_, seen = client.getCameraImage(
            200, 200, view, projection, renderer=client.ER_TINY_RENDERER
        )
    finally:
        client.disconnect()
    rows, columns = np.nonzero(np.reshape(seen, (200, 200)) >= 0)
    pixel = 2 * 20.0 * np.tan(np.radians(0.5)) / 200  # m
    assert np.ptp(columns) * pixel == pytest.approx(2 * 0.002 * 30.0, abs=4 * pixel)
    assert np.ptp(rows) * pixel == pytest.approx(2 * 0.002 * 10.0, abs=4 * pixel)
