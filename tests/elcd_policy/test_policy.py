"""The motion policy: every guarantee in every dimension, goals, rollouts, messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from elcd_policy import TrainingSettings
from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.fields import FIELDS

RATE = TrainingSettings().rate  # e-foldings in the demonstrated 2.5 s


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
def test_every_policy_keeps_its_promises(
    dimension: int, field: str, trained: Callable, check_policy: Callable, tmp_path: Path
) -> None:
    check_policy(trained(dimension, field), tmp_path)


@pytest.mark.parametrize("field", FIELDS)
def test_the_guarantee_survives_other_weights(
    field: str, trained: Callable, check_policy: Callable, tmp_path: Path
) -> None:
    policy = trained(2, field)
    generator = torch.Generator().manual_seed(0)
    for weight in policy.parameters():
        weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    policy.fix_latent_goal()
    check_policy(policy, tmp_path)


@pytest.mark.parametrize("field", FIELDS)
def test_it_says_what_it_knows(field: str, trained: Callable, arcs: Callable) -> None:
    policy, demos = trained(3, field), arcs(3)
    facts = policy.metadata
    assert (facts.dimension, facts.units, facts.frame) == (3, "mm", "table")
    assert (facts.source, facts.seed, facts.duration) == ("test arcs", 3, 2.5)
    np.testing.assert_array_equal(facts.goal, demos.goal)
    np.testing.assert_array_equal(facts.workspace, demos.workspace)
    np.testing.assert_array_equal(facts.starts, [demo.position[0] for demo in demos])
    # The rate is per second: one e-folding in a demonstrated duration.
    assert facts.guarantee == {
        "field": FIELDS[field].__name__,
        "kind": FIELDS[field].kind,
        "rate": RATE / 2.5,
        "rate_times_duration": RATE,
    }


def test_moving_the_goal_translates_the_field(trained: Callable) -> None:
    policy = trained(2, "elcd")
    x = np.random.default_rng(0).uniform(-60, 60, (20, 2))
    before, shift = policy.velocity(x), np.array([16.0, -32.0])
    _, path = policy.rollout(x[0], 1.0, 0.1)
    goal = policy.get_goal().numpy()
    policy.set_goal(torch.tensor(goal + shift))
    np.testing.assert_allclose(policy.get_goal().numpy(), goal + shift)
    np.testing.assert_allclose(policy.velocity(x + shift), before, atol=1e-3, rtol=1e-4)
    _, moved = policy.rollout(x[0] + shift, 1.0, 0.1)
    np.testing.assert_allclose(moved, path + shift, atol=1e-3)


def test_the_goal_given_out_is_a_copy(trained: Callable) -> None:
    policy = trained(2, "elcd")
    policy.get_goal().fill_(1e6)
    np.testing.assert_allclose(policy.get_goal().numpy(), [5.0, 6.0], atol=1e-4)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [1, 2, 7])
def test_from_far_away_it_reaches_the_goal(dimension: int, field: str, trained: Callable) -> None:
    policy = trained(dimension, field)
    start = np.random.default_rng(1).normal(0.0, 300.0, (6, dimension))
    time, x = policy.rollout(start, 20.0, 0.5)
    assert (time.shape, x.shape) == ((41,), (41, 6, dimension))
    np.testing.assert_allclose(x[-1], np.broadcast_to(policy.get_goal(), x[-1].shape), atol=0.01)


def test_pairs_stay_within_the_guaranteed_bound_in_the_metric(trained: Callable) -> None:
    policy = trained(3, "monotone").double()
    policy.fix_latent_goal()
    time, x = policy.rollout(np.random.default_rng(2).normal(0, 60, (8, 3)), 5.0, 0.25)
    z = policy.encode(torch.tensor(x).view(-1, 3)).view(len(time), 8, 3)
    distance = torch.cdist(z, z)
    bound = distance[0] * torch.exp(-RATE / 2.5 * torch.tensor(time))[:, None, None]
    assert bool((distance <= bound * (1 + 1e-6) + 1e-12).all())


@pytest.mark.parametrize(
    ("shape", "got"), [((3,), "[3]"), ((4, 3), "[4, 3]"), ((), "[]"), ((1, 4, 2), "[1, 4, 2]")]
)
def test_positions_of_another_shape_are_refused(
    shape: tuple[int, ...], got: str, trained: Callable
) -> None:
    policy = trained(2, "elcd")
    with pytest.raises(ShapeError) as velocity:
        policy.velocity(np.zeros(shape))
    with pytest.raises(ShapeError) as rollout:
        policy.rollout(np.zeros(shape), 1.0, 0.1)
    message = f"positions do not fit the policy: got shape {got}, expected [2] or [N, 2]"
    assert str(velocity.value) == str(rollout.value) == message


@pytest.mark.parametrize(
    ("duration", "dt"), [(-1.0, 0.1), (1.0, 0.0), (1.0, -0.1), (np.inf, 0.1), (1.0, np.nan)]
)
def test_impossible_rollout_times_are_refused(
    duration: float, dt: float, trained: Callable
) -> None:
    with pytest.raises(ParameterError, match=r"duration >= 0 s and dt > 0 s"):
        trained(2, "elcd").rollout([0.0, 0.0], duration, dt)
