"""Rollouts: integrated in latent space, the same as the data-space field's trajectories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from elcd_policy import MotionPolicy, load
from elcd_policy.fields import FIELDS, ElcdField
from elcd_policy.flows import default_flow
from elcd_policy.rollout import runge_kutta_step


def linear(trained: Callable) -> tuple[MotionPolicy, np.ndarray]:
    """A policy with known trajectories (identity flow, linear field), and its rates in 1/s."""
    facts = trained(2, "elcd").metadata
    policy = MotionPolicy(default_flow(2), ElcdField(2), scale=20.0, metadata=facts).double()
    rates = policy.field.linear_rates().detach().numpy() / facts.duration
    return policy.requires_grad_(False), rates


def test_a_linear_field_decays_exponentially(trained: Callable) -> None:
    policy, rates = linear(trained)
    start, goal = np.array([-40.0, 30.0]), np.array(policy.metadata.goal)
    time, x = policy.rollout(start, 4.0, 0.05)
    exact = goal + np.exp(-rates * time[:, None]) * (start - goal)
    np.testing.assert_allclose(x, exact, atol=1e-5)


def test_the_integrator_is_of_fourth_order(trained: Callable) -> None:
    policy, rates = linear(trained)
    z = policy.encode(torch.tensor([[60.0, -50.0]]))
    errors = []
    for h in (0.2, 0.1):
        exact = policy.latent_goal + torch.exp(-torch.tensor(rates) * h) * (z - policy.latent_goal)
        errors.append(float((runge_kutta_step(policy, z, h) - exact).norm()))
    # Halving the step divides one step's error by 2^5.
    assert errors[0] / errors[1] == pytest.approx(32, rel=0.15)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_it_agrees_with_an_adaptive_solver_on_the_velocity(
    dimension: int, field: str, trained: Callable
) -> None:
    policy = trained(dimension, field).double()
    policy.fix_latent_goal()
    start = np.array(policy.metadata.starts[1])
    time, x = policy.rollout(start, 3.0, 0.1)
    solver = solve_ivp(
        lambda _, p: policy.velocity(p),
        (0.0, 3.0),
        start,
        method="DOP853",
        t_eval=time,
        rtol=1e-9,
        atol=1e-9,
    )
    assert solver.success
    np.testing.assert_allclose(x, solver.y.T, atol=1e-4)  # of about 100 mm


def test_the_samples_do_not_depend_on_their_spacing(trained: Callable) -> None:
    policy = trained(2, "elcd")
    start = policy.metadata.starts[0]
    _, fine = policy.rollout(start, 2.0, 0.004)
    _, middle = policy.rollout(start, 2.0, 0.1)
    _, coarse = policy.rollout(start, 2.0, 0.5)
    np.testing.assert_allclose(fine[::25], middle, atol=1e-3)
    np.testing.assert_allclose(middle[::5], coarse, atol=1e-3)


@pytest.mark.parametrize(
    ("duration", "dt", "expected"),
    [
        (1.0, 0.25, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (1.0, 0.4, [0.0, 0.4, 0.8, 1.0]),
        (0.3, 0.1, [0.0, 0.1, 0.2, 0.3]),
        (0.2, 1.0, [0.0, 0.2]),
        (0.0, 0.1, [0.0]),
    ],
)
def test_samples_are_dt_apart_and_end_with_the_duration(
    duration: float, dt: float, expected: list[float], trained: Callable
) -> None:
    time, x = trained(2, "elcd").rollout([1.0, 2.0], duration, dt)
    np.testing.assert_allclose(time, expected, atol=1e-12)
    assert time[-1] == duration
    assert (x.shape, x.dtype) == ((len(expected), 2), np.float64)
    np.testing.assert_allclose(x[0], [1.0, 2.0], atol=1e-4)


def test_many_starts_are_as_many_single_ones(trained: Callable) -> None:
    policy = trained(2, "monotone")
    starts = np.array(policy.metadata.starts)
    _, together = policy.rollout(starts, 1.0, 0.2)
    assert together.shape == (6, 3, 2)
    for index, start in enumerate(starts):
        _, alone = policy.rollout(start, 1.0, 0.2)
        np.testing.assert_allclose(together[:, index], alone, atol=1e-3)
    _, none = policy.rollout(np.empty((0, 2)), 1.0, 0.2)
    assert none.shape == (6, 0, 2)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_callers_threads_are_left_alone(threads: int, policy_file: Path) -> None:
    loaded = load(policy_file)
    torch.set_num_threads(threads)
    try:
        loaded.rollout([1.0, 2.0], 0.1, 0.1)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(1)
