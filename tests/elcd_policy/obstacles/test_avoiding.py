"""A learned policy keeps clear of obstacles and still comes to its goal."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy import LoadedPolicy, MotionPolicy, avoid, load
from elcd_policy.errors import ParameterError
from elcd_policy.obstacles import Obstacle

Saved = Callable[..., Path]

MARGIN = 2.0  # mm


@pytest.fixture(scope="module")
def learned(
    fit_once: Callable[[int, str], MotionPolicy],
    tmp_path_factory: pytest.TempPathFactory,
    saved: Saved,
) -> Callable[[int], LoadedPolicy]:
    folder = tmp_path_factory.mktemp("avoiding")
    return lambda d: load(saved(fit_once(d, "elcd"), folder / f"{d}.pt"))


def follow(policy: LoadedPolicy, x0: Any, duration: float, dt: float) -> np.ndarray:
    # TorchScript's optimiser spends seconds on every new shape.
    with torch.jit.optimized_execution(False):
        return policy.rollout(x0, duration, dt)[1]


def on_the_way(policy: LoadedPolicy) -> list[Obstacle]:
    """A tilted ellipsoid and a box that a rollout passes a little beside their middles.

    Right through the middle would be the one trajectory that ends on the surface.
    """
    k = min(policy.dimension, 3)
    path = follow(policy, policy.metadata.starts[0], policy.metadata.duration, 0.02)
    tilt = np.eye(k)
    tilt[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    far = np.linalg.norm(path[:, :k] - path[0, :k], axis=1)
    total = np.linalg.norm(path[-1, :k] - path[0, :k])
    first, second = (path[np.argmax(far > share * total), :k] for share in (0.25, 0.65))
    first, second = first + 0.4, second - 0.4
    return [
        Obstacle("ellipsoid", first, np.array([4.0, 2.5, 3.0])[:k], tilt),
        Obstacle("box", second, np.array([2.0, 3.0, 2.5])[:k]),
    ]


@pytest.fixture(scope="module")
def avoiding(learned: Callable[[int], LoadedPolicy]) -> dict[int, tuple[LoadedPolicy, list]]:
    scenes = {}
    for d in (2, 3, 6):
        bodies = on_the_way(learned(d))
        scenes[d] = avoid(learned(d), bodies, MARGIN), bodies
    return scenes


def clearance(bodies: list[Obstacle], x: np.ndarray) -> np.ndarray:
    """mm from the nearest body, of points [..., d]."""
    return np.min([body.distance(x[..., : body.dimension]) for body in bodies], axis=0)


@pytest.mark.parametrize("d", [3, 6])
def test_rollouts_clear_the_obstacles_and_reach_the_goal(
    d: int, learned: Callable[[int], LoadedPolicy], avoiding: dict
) -> None:
    policy, bodies = avoiding[d]
    facts = policy.metadata
    free = follow(learned(d), facts.starts, facts.duration, 0.05)
    assert clearance(bodies, free).min() < 0
    path = follow(policy, facts.starts, 3 * facts.duration, 0.1)
    assert clearance(bodies, path).min() > MARGIN
    np.testing.assert_allclose(path[-1], np.broadcast_to(facts.goal, path[-1].shape), atol=0.5)


def test_from_a_grid_of_starts_the_goal_is_reached(avoiding: dict) -> None:
    """But for a set of measure zero, which no point of this grid is in."""
    policy, bodies = avoiding[2]
    grid = np.stack(np.meshgrid(*[np.linspace(-60, 60, 13)] * 2), axis=-1).reshape(-1, 2)
    grid = np.concatenate([grid, policy.metadata.starts])
    grid = grid[clearance(bodies, grid) > 2 * MARGIN]
    assert len(grid) > 120
    path = follow(policy, grid, 4 * policy.metadata.duration, 0.1)
    assert clearance(bodies, path).min() > MARGIN - 1e-3
    assert np.linalg.norm(path[-1] - policy.get_goal(), axis=1).max() < 0.5


@settings(deadline=None, max_examples=8)
@given(
    st.sampled_from([2, 3]),
    st.integers(0, 2**16),
    st.tuples(*[st.floats(-40.0, 40.0)] * 3),
)
def test_steps_of_a_controller_enter_no_obstacle(
    avoiding: dict, d: int, seed: int, shift: tuple[float, float, float]
) -> None:
    """Euler steps at 100 Hz, from around the obstacles, wherever the goal is moved."""
    policy, bodies = avoiding[d]
    goal = np.array(policy.metadata.goal) + np.array(shift)[:d]
    direction = np.random.default_rng(seed).normal(size=(30, d))
    x = np.concatenate([body.centre + 12 * direction for body in bodies])
    x = x[clearance(bodies, x) > 2 * MARGIN]
    try:
        policy.set_goal(goal)
    except ParameterError:
        return
    closest = np.inf
    for _ in range(60):
        x = x + 0.01 * policy.velocity(x)
        closest = min(closest, clearance(bodies, x).min())
    policy.set_goal(policy.metadata.goal)
    assert closest > MARGIN - 0.05


@pytest.mark.parametrize("d", [2, 3, 6])
def test_latent_and_data_velocities_are_each_others_image(d: int, avoiding: dict) -> None:
    policy, bodies = avoiding[d]
    exact = copy.deepcopy(policy.module).double()
    x = torch.tensor(np.random.default_rng(d).uniform(-50, 50, (40, d)))
    for row, body in enumerate(bodies):
        x[row, : body.dimension] = torch.tensor(body.centre + 1.1 * (body.size + MARGIN))
    x = x[torch.tensor(clearance(bodies, x.numpy()) > 2 * MARGIN)]
    jacobians = torch.stack(
        [torch.autograd.functional.jacobian(lambda p: exact.encode(p[None])[0], p) for p in x]
    )
    pushed = (jacobians @ exact(x).unsqueeze(2)).squeeze(2)
    latent = exact.latent_velocity(exact.encode(x))
    np.testing.assert_allclose(pushed.detach(), latent.detach(), atol=1e-8)
    np.testing.assert_allclose(exact.decode(exact.encode(x)).detach(), x, atol=1e-8)


def test_the_goal_stays_and_can_be_moved(
    learned: Callable[[int], LoadedPolicy], avoiding: dict
) -> None:
    policy, bodies = avoiding[2]
    goal = policy.get_goal()
    np.testing.assert_array_equal(goal, learned(2).get_goal())
    assert np.linalg.norm(policy.velocity(goal)) < 1e-3
    with pytest.raises(ParameterError, match=r"refuses the goal: .* inside an obstacle"):
        policy.set_goal(bodies[0].centre)
    np.testing.assert_array_equal(policy.get_goal(), goal)
    moved = bodies[1].centre + np.array([0.0, bodies[1].size[1] + 2 * MARGIN])
    policy.set_goal(moved)
    try:
        path = follow(policy, policy.metadata.starts, 3 * policy.metadata.duration, 0.1)
    finally:
        policy.set_goal(goal)
    np.testing.assert_allclose(path[-1], np.broadcast_to(moved, path[-1].shape), atol=0.5)
    assert clearance(bodies, path).min() > MARGIN


def test_a_file_of_it_is_a_policy_file(avoiding: dict, tmp_path: Path, saved: Saved) -> None:
    policy, bodies = avoiding[3]
    loaded = load(saved(policy, tmp_path / "avoiding.pt"))
    x = np.random.default_rng(0).uniform(-50, 50, (50, 3))
    np.testing.assert_allclose(loaded.velocity(x), policy.velocity(x), atol=1e-5)
    guarantee = loaded.metadata.guarantee
    assert guarantee["kind"] == "convergence from almost every start"
    assert guarantee["margin"] == MARGIN
    for body, values in zip(bodies, guarantee["obstacles"], strict=True):
        assert Obstacle(**values).to_dict() == body.to_dict()
    shifted = loaded.get_goal() + 1
    loaded.set_goal(shifted)
    again = load(saved(loaded, tmp_path / "moved.pt"))
    np.testing.assert_allclose(again.get_goal(), shifted, atol=1e-5)
    with pytest.raises(ParameterError, match="has obstacles already"):
        avoid(loaded, bodies)


def test_the_learned_policy_is_left_as_it_was(learned: Callable[[int], LoadedPolicy]) -> None:
    policy = learned(2)
    x = np.random.default_rng(0).uniform(-50, 50, (20, 2))
    before, goal = policy.velocity(x), policy.get_goal()
    avoid(policy, on_the_way(policy)).set_goal(goal + 1)
    np.testing.assert_array_equal(policy.velocity(x), before)
    np.testing.assert_array_equal(policy.get_goal(), goal)


def test_an_obstacle_on_the_goal_is_refused(learned: Callable[[int], LoadedPolicy]) -> None:
    policy = learned(2)
    near = Obstacle("ellipsoid", policy.get_goal() + np.array([3.0, 0.0]), np.full(2, 2.0))
    avoid(policy, [near], 0.5)
    with pytest.raises(ParameterError, match="the goal is inside an obstacle or its margin"):
        avoid(policy, [near], 1.5)
