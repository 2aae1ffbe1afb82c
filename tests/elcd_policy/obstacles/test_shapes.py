"""An obstacle's guard holds its margin; its distance is that of its nearest point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.obstacles import Obstacle, ObstacleMap

sizes = st.floats(0.2, 5.0)


def turned(k: int, angle: float) -> np.ndarray:
    rotation = np.eye(k)
    rotation[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return rotation


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(["ellipsoid", "box"]),
    st.lists(sizes, min_size=2, max_size=3),
    st.floats(0.0, 2.0),
    st.integers(0, 2**16),
)
def test_the_guard_holds_every_point_within_the_margin(
    shape: str, size: list[float], margin: float, seed: int
) -> None:
    k, random = len(size), np.random.default_rng(seed)
    obstacle = Obstacle(shape, np.arange(k), np.array(size), turned(k, 0.7))
    body = ObstacleMap([obstacle], margin, k)
    direction = random.normal(size=(500, k))
    inside = obstacle.surface()[random.integers(0, len(obstacle.surface()), 500)]
    near = inside + margin * direction / np.linalg.norm(direction, axis=1, keepdims=True)
    gauge = body.gauge(body.centre.new_tensor(near))[1]
    assert float(gauge.max()) <= 1 + 1e-9


@pytest.mark.parametrize("shape", ["ellipsoid", "box"])
@pytest.mark.parametrize("k", [2, 3])
def test_the_distance_is_that_of_the_nearest_point(shape: str, k: int) -> None:
    random = np.random.default_rng(2)
    obstacle = Obstacle(shape, np.arange(k), np.array([2.0, 0.7, 1.1])[:k], turned(k, 0.4))
    direction = random.normal(size=(40_000 if k == 2 else 60_000, k))
    if shape == "box":
        unit = direction / np.abs(direction).max(axis=1, keepdims=True)
    else:
        unit = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    surface = obstacle.centre + (unit * obstacle.size) @ obstacle.rotation.T
    x = obstacle.centre + random.uniform(-3, 3, (30, k))
    nearest = np.array([np.linalg.norm(surface - point, axis=1).min() for point in x])
    np.testing.assert_allclose(np.abs(obstacle.distance(x)), nearest, atol=0.05)
    local = np.abs((x - obstacle.centre) @ obstacle.rotation) / obstacle.size
    size = local.max(axis=1) if shape == "box" else np.linalg.norm(local, axis=1)
    assert np.array_equal(obstacle.distance(x) < 0, size < 1)


def test_a_spheres_distance_is_exact() -> None:
    sphere = Obstacle("ellipsoid", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    assert float(sphere.distance([1.0, 2.0, 3.0])) == pytest.approx(-2.0, abs=1e-4)
    assert float(sphere.distance([1.0, 7.0, 3.0])) == pytest.approx(3.0, abs=1e-6)
    semi_axes, power = sphere.guarded(0.5)
    np.testing.assert_allclose(semi_axes, 2.5)
    assert power == 2.0


def test_the_outline_is_the_shadow() -> None:
    tall = Obstacle("ellipsoid", [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    shadow = tall.outline((0, 2))
    np.testing.assert_allclose(((shadow - [1.0, 3.0]) / [1.0, 3.0]).max(), 1.0, atol=0.01)
    np.testing.assert_allclose(shadow.min(axis=0), [0.0, 0.0], atol=0.01)
    assert len(Obstacle("box", [0.0, 0.0], [1.0, 2.0], turned(2, 0.3)).outline((0, 1))) == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"shape": "cone"}, "shape is unknown: got cone, expected ellipsoid or box"),
        ({"centre": [0.0]}, "centre is no point"),
        ({"centre": [0.0, np.nan]}, "centre is no point"),
        ({"size": [1.0, 0.0]}, "size is out of range"),
        ({"size": [1.0]}, "size is out of range: .* expected 2 numbers above 0"),
        ({"rotation": [[1.0, 0.0], [0.0, -1.0]]}, "not a rotation matrix"),
    ],
)
def test_what_is_no_obstacle_is_refused(values: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"shape": "box", "centre": [0.0, 0.0], "size": [1.0, 1.0]}
    with pytest.raises(ParameterError, match=message):
        Obstacle(**{**good, **values})


def test_points_of_another_dimension_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"expected \[\.\.\., 2\]"):
        Obstacle("box", [0.0, 0.0], [1.0, 1.0]).distance([1.0, 2.0, 3.0])
