"""The map closes obstacles to points, is undone by its inverse, and pulls fields back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.obstacles import Obstacle, ObstacleMap

ESCAPE = torch.tensor(1.0)


def scene(k: int, dimension: int, margin: float = 0.3) -> tuple[ObstacleMap, torch.Tensor]:
    """A tilted ellipsoid, a box near it and a sphere near the goal; the goal [dimension]."""
    tilt = np.eye(k)
    tilt[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    bodies = [
        Obstacle("ellipsoid", np.zeros(k), np.array([3.0, 1.5, 1.0])[:k], tilt),
        Obstacle("box", np.array([6.5, 1.0, 0.5])[:k], np.array([1.0, 2.0, 1.5])[:k]),
        Obstacle("ellipsoid", np.array([14.0, -3.0, 0.0])[:k], np.full(k, 2.0)),
    ]
    goal = torch.zeros(dimension, dtype=torch.float64)
    goal[0], goal[1] = 14.0, 0.5
    return ObstacleMap(bodies, margin, dimension), goal


def free_points(body: ObstacleMap, dimension: int, seed: int, count: int = 300) -> torch.Tensor:
    x = torch.tensor(np.random.default_rng(seed).uniform(-6.0, 18.0, (count, dimension)))
    x[:, 1:] *= 0.4
    return x[(body.gauge(x[:, : body.k])[1] > 1 + 1e-6).all(dim=1)]


@pytest.mark.parametrize(("k", "dimension"), [(2, 2), (3, 3), (2, 3), (3, 6)])
def test_the_inverse_undoes_the_map(k: int, dimension: int) -> None:
    body, goal = scene(k, dimension)
    x = free_points(body, dimension, seed=k)
    y = body.encode(x, goal)
    assert float((y - x).abs().max()) > 0.1
    np.testing.assert_allclose(body.decode(y, goal), x, atol=1e-9)
    np.testing.assert_array_equal(y[:, k:], x[:, k:])


@settings(deadline=None, max_examples=15)
@given(st.sampled_from([(2, 2), (3, 3), (3, 6)]), st.integers(0, 2**16))
def test_whatever_is_decoded_is_outside(shape: tuple[int, int], seed: int) -> None:
    body, goal = scene(*shape)
    y = torch.tensor(np.random.default_rng(seed).uniform(-6, 18, (200, shape[1])))
    y = torch.cat([y, goal.expand(3, -1).clone()])
    y[-3:, : body.k] = body.centre  # the image of no point
    gauge = body.gauge(body.decode(y, goal)[:, : body.k])[1]
    assert float(gauge.min()) >= 1 - 1e-9


@pytest.mark.parametrize("k", [2, 3])
def test_far_away_and_at_the_goal_it_is_the_identity(k: int) -> None:
    body, goal = scene(k, k)
    x = free_points(body, k, seed=7)
    far = x[(body.gauge(x)[1] >= body.zones(goal)).all(dim=1)]
    assert len(far) > 100
    for points in (far, goal[None]):
        np.testing.assert_allclose(body.encode(points, goal), points, atol=1e-12)
        v = torch.ones_like(points)
        np.testing.assert_array_equal(body.pull_back(points, v, goal, ESCAPE), v)
        np.testing.assert_allclose(body.slowness(points, goal), 1.0, atol=1e-12)


@pytest.mark.parametrize(("k", "dimension"), [(2, 2), (3, 3), (3, 6)])
def test_a_field_is_pulled_back_by_the_maps_jacobian(k: int, dimension: int) -> None:
    body, goal = scene(k, dimension)
    x = free_points(body, dimension, seed=3, count=60)
    v = torch.tensor(np.random.default_rng(1).normal(size=x.shape))
    jacobians = torch.stack(
        [
            torch.autograd.functional.jacobian(lambda p: body.encode(p[None], goal)[0], point)
            for point in x
        ]
    )
    slowness = body.slowness(body.encode(x, goal), goal)
    np.testing.assert_allclose(
        (jacobians @ body.pull_back(x, v, goal, ESCAPE).unsqueeze(2)).squeeze(2),
        slowness * v,
        atol=1e-9,
    )


@settings(deadline=None, max_examples=15)
@given(st.sampled_from([(2, 2), (3, 3), (3, 6)]), st.integers(0, 2**16))
def test_velocities_stay_finite_and_tangential_at_the_surface(
    shape: tuple[int, int], seed: int
) -> None:
    """The oblique projection stretches by ``|x-p| |grad Gamma| / Gamma`` at most."""
    body, goal = scene(*shape)
    random = np.random.default_rng(seed)
    x = torch.tensor(random.normal(size=(90, shape[1])))
    x[:, : body.k] += body.centre.repeat(30, 1)
    nearest = body.gauge(x[:, : body.k])[1].argmin(dim=1)
    offset, gauge, slope = body.gauge(x[:, : body.k])
    rows = torch.arange(len(x))
    on = x.clone()
    on[:, : body.k] = body.centre[nearest] + offset[rows, nearest] / gauge[rows, nearest].unsqueeze(
        1
    ) * (1 + 1e-9)
    v = torch.tensor(random.normal(size=x.shape))
    bent = body.pull_back(on, v, goal, ESCAPE)
    offset, gauge, slope = (value[rows, nearest] for value in body.gauge(on[:, : body.k]))
    across = (slope * bent[:, : body.k]).sum(dim=1) / slope.norm(dim=1)
    np.testing.assert_allclose(across, 0.0, atol=1e-6)
    stretch = offset.norm(dim=1) * slope.norm(dim=1) / gauge
    assert bool((bent.norm(dim=1) <= stretch.clamp(min=1.0) * v.norm(dim=1) * (1 + 1e-6)).all())


def test_from_inside_the_way_leads_out() -> None:
    body, goal = scene(2, 2)
    inside = torch.tensor([[0.5, 0.2], [6.0, 1.5], [14.0, -2.9], [0.0, 0.0]])
    still = torch.zeros_like(inside)
    out = body.pull_back(inside, still, goal, ESCAPE)
    _, gauge, slope = body.gauge(inside)
    growth = (slope * out.unsqueeze(1)).sum(dim=2)
    for row, index in enumerate((0, 1, 2)):
        assert float(growth[row, index]) == pytest.approx(1.02 - float(gauge[row, index]))
    assert bool(torch.isfinite(out).all())
    assert bool(torch.isfinite(body.encode(inside, goal)).all())


def test_zones_leave_room_for_the_goal_and_for_each_other() -> None:
    body, goal = scene(2, 2)
    assert bool((body.gauge(goal[None])[1][0] > body.zones(goal)).all())
    assert float(body.zones(goal)[2]) < float(body.reach[2])
    grid = torch.cartesian_prod(*[torch.linspace(-8.0, 20.0, 281, dtype=torch.float64)] * 2)
    within = body.gauge(grid)[1] < body.reach
    assert int(within.sum(dim=1).max()) == 1
    assert bool(within.any(dim=0).all())


def test_what_does_not_fit_together_is_refused() -> None:
    disc = Obstacle("ellipsoid", np.zeros(2), np.ones(2))
    beside = Obstacle("ellipsoid", np.array([2.5, 0.0]), np.ones(2))
    ball = Obstacle("ellipsoid", np.zeros(3), np.ones(3))
    ObstacleMap([disc, beside], 0.2, 2)
    with pytest.raises(ParameterError, match="two obstacles overlap, counting the margin"):
        ObstacleMap([disc, beside], 0.3, 2)
    for bodies in ([], [disc, ball], [ball]):
        with pytest.raises(ParameterError, match="obstacles do not fit the policy"):
            ObstacleMap(bodies, 0.0, 2)
    for margin in (-1.0, np.nan):
        with pytest.raises(ParameterError, match="margin around obstacles is out of range"):
            ObstacleMap([disc], margin, 2)
