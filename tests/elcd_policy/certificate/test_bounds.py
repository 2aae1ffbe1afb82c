"""Bounds in data space: exact where the answer is known, kept by what is simulated."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from elcd_policy import LoadedPolicy, TrainingSettings, certify
from elcd_policy.certificate import Bounds

T = 2.5  # s, demonstrated
RATE = TrainingSettings().rate  # e-foldings in that time
SAMPLED = 1.02  # sampled maxima are close to the true ones, from below

Exported = Callable[..., LoadedPolicy]


def bounds_of(policy: LoadedPolicy) -> Bounds:
    bounds = certify(policy).bounds
    assert bounds is not None
    return bounds


@pytest.mark.parametrize("dimension", [2, 3])
def test_of_a_linear_field_they_are_known(
    dimension: int, linear: Callable[[int], LoadedPolicy]
) -> None:
    policy = linear(dimension)
    goal, starts = policy.get_goal(), np.array(policy.metadata.starts)
    far = float(np.linalg.norm(starts - goal, axis=1).max())
    c, fastest = RATE / T, (RATE + 6.0) / T
    bounds = bounds_of(policy)
    assert bounds.start == pytest.approx(far, rel=1e-6)
    assert bounds.farthest == pytest.approx(far, rel=1e-6)
    assert bounds.overshoot == pytest.approx(0.0, abs=1e-6)
    assert bounds.rollouts == pytest.approx(far, rel=1e-6)
    assert bounds.factor == pytest.approx(1.0, rel=1e-6)
    assert bounds.goal_lag == pytest.approx(1 / c, rel=1e-6)
    assert bounds.slow_goal_lag == pytest.approx(1 / c, rel=1e-6)
    assert bounds.goal_speed == pytest.approx(c * far, rel=1e-6)
    near = 0.06 if dimension == 3 else 1e-3  # random directions miss the axis by a little
    assert bounds.speed == pytest.approx(fastest * far, rel=near)
    np.testing.assert_allclose(bounds.reach[0], goal - far, atol=far * near * 3)
    np.testing.assert_allclose(bounds.reach[1], goal + far, atol=far * near * 3)
    assert bounds.farthest_accelerating == pytest.approx(1.25 * far, rel=1e-6)
    speed0 = float(np.linalg.norm(policy.velocity(starts), axis=1).max())
    expected = 1.25 * far * fastest**2 + fastest * speed0 + speed0**2 / (0.5 * far)
    assert bounds.acceleration == pytest.approx(expected, rel=near)
    assert bounds.accelerating == pytest.approx(0.5 * far / speed0, rel=1e-5)


@pytest.mark.parametrize(
    ("dimension", "field"), [(1, "elcd"), (2, "elcd"), (2, "monotone"), (8, "monotone")]
)
def test_motions_from_the_starts_keep_them(dimension: int, field: str, exported: Exported) -> None:
    policy = exported(dimension, field)
    bounds, goal = bounds_of(policy), policy.get_goal()
    starts = np.array(policy.metadata.starts)
    time, x = policy.rollout(starts, 4 * T, 0.01)
    distance = np.linalg.norm(x - goal, axis=2)
    assert distance.max() <= bounds.farthest * (1 + 1e-5)
    assert bounds.rollouts == pytest.approx(distance.max(), rel=1e-3)
    assert bounds.overshoot == pytest.approx(bounds.farthest - distance[0].max(), abs=1e-3)
    envelope = bounds.factor * np.exp(-RATE / T * time)[:, None] * distance[0]
    assert (distance <= envelope + 1e-3).all()
    speed = np.linalg.norm(policy.velocity(x.reshape(-1, dimension)), axis=1)
    assert speed.max() <= bounds.speed * SAMPLED
    lower, upper = (np.array(corner) for corner in bounds.reach)
    assert (x >= lower - 1e-3).all()
    assert (x <= upper + 1e-3).all()


def test_a_goal_that_moves_is_followed_within_the_lag(exported: Exported) -> None:
    policy = exported(2, "elcd")
    bounds, goal = bounds_of(policy), policy.get_goal()
    speed, dt = 0.9 * bounds.goal_speed, 0.01
    for angle in np.linspace(0.0, 2 * np.pi, 4, endpoint=False):
        velocity = speed * np.array([np.cos(angle), np.sin(angle)])
        offset = np.array(policy.metadata.starts[0]) - goal
        for _ in range(int(4 * T / dt)):
            offset = offset + dt * (policy.velocity(goal + offset) - velocity)
        assert np.linalg.norm(offset) <= bounds.goal_lag * speed
    assert bounds.slow_goal_lag <= bounds.goal_lag


def test_from_rest_an_acceleration_limit_above_the_bound_soon_stops_acting(
    exported: Exported,
) -> None:
    policy = exported(2, "elcd")
    bounds, goal = bounds_of(policy), policy.get_goal()
    dt = bounds.accelerating / 400
    for start in policy.metadata.starts:
        x, u, acted, farthest = np.array(start), np.zeros(2), 0.0, 0.0
        for step in range(1200):
            change = policy.velocity(x) - u
            size, most = np.linalg.norm(change), bounds.acceleration * dt
            if size > most:
                change, acted = change * most / size, (step + 1) * dt
            u = u + change
            x = x + dt * u
            farthest = max(farthest, float(np.linalg.norm(x - goal)))
        assert 0.0 < acted <= bounds.accelerating * 1.01
        assert farthest <= bounds.farthest_accelerating


def test_a_speed_limit_keeps_convergence_at_its_share_of_the_rate(exported: Exported) -> None:
    policy = exported(2, "elcd")
    bounds, goal = bounds_of(policy), policy.get_goal()
    limit, dt = 0.2 * bounds.speed, 0.005
    x, time = np.array(policy.metadata.starts[0]), 0.0
    first = np.linalg.norm(x - goal)
    while time < 4 * T:
        v = policy.velocity(x)
        x, time = x + dt * v * min(1.0, limit / max(np.linalg.norm(v), 1e-12)), time + dt
        assert np.linalg.norm(x - goal) <= bounds.factor * np.exp(-0.2 * RATE / T * time) * first
