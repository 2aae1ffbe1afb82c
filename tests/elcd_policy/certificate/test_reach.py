"""Reach tubes hold every motion from their starts, and not much more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from elcd_policy import MotionPolicy
from elcd_policy.certificate.reach import Reach, enclose_reach
from elcd_policy.errors import ParameterError

Trained = Callable[[int, str], MotionPolicy]
STEPS = 120


@pytest.fixture(scope="module", params=[(1, "elcd"), (2, "elcd"), (2, "monotone")], ids=str)
def enclosed(request: pytest.FixtureRequest, trained: Trained) -> tuple[MotionPolicy, Reach]:
    policy = trained(*request.param)
    return policy, enclose_reach(policy, 3.0, steps=STEPS, progress=False)


def rolled_out(policy: MotionPolicy, reach: Reach, count: int = 300) -> np.ndarray:
    """Positions [STEPS + 1, count, d] of motions from the corners and the inside of the boxes."""
    rng = np.random.default_rng(1)
    starts = np.array(policy.metadata.starts)
    away = rng.uniform(-1, 1, (count, policy.dimension))
    away[::2] = np.sign(away[::2])
    x0 = starts[rng.integers(len(starts), size=count)] + reach.radius * away
    step = reach.times[1]
    _, paths = policy.double().rollout(x0, reach.times[-1], step)
    return paths[: STEPS + 1]


def test_no_motion_leaves_the_tube(enclosed: tuple[MotionPolicy, Reach]) -> None:
    policy, reach = enclosed
    paths = rolled_out(policy, reach)
    lower, upper = np.array(reach.lower), np.array(reach.upper)
    for ends in (paths[:-1], paths[1:]):
        assert (ends >= lower[:, None] - 1e-4).all()
        assert (ends <= upper[:, None] + 1e-4).all()
    away = np.linalg.norm(paths - np.array(policy.metadata.goal), axis=-1)
    assert away.max() <= reach.farthest
    assert reach.settled is not None
    late = np.array(reach.times) >= reach.settled
    assert away[late].max() <= reach.tolerance


def test_no_ascent_finds_a_faster_point(enclosed: tuple[MotionPolicy, Reach]) -> None:
    policy, reach = enclosed
    policy = policy.double()
    starts = torch.tensor(policy.metadata.starts, dtype=torch.float64)
    low, high = starts - reach.radius, starts + reach.radius
    x = starts.clone()
    for _ in range(60):
        x.requires_grad_(True)
        speed = policy(x).norm(dim=1)
        assert float(speed.detach().max()) <= reach.speed
        slope = torch.autograd.grad(speed.sum(), x)[0]
        x = (x.detach() + 0.3 * slope.sign()).clamp(low, high)


def test_the_tube_is_hardly_wider_than_the_motions(enclosed: tuple[MotionPolicy, Reach]) -> None:
    _, reach = enclosed
    assert reach.sampled_farthest <= reach.farthest <= 1.3 * reach.sampled_farthest
    assert reach.sampled_speed <= reach.speed <= 1.5 * reach.sampled_speed


def test_a_steep_field_gets_true_numbers(trained: Trained) -> None:
    policy = trained(2, "monotone")
    calm = enclose_reach(policy, 1.0, steps=STEPS, progress=False)
    policy.field.excess.data += 4.0  # type: ignore[union-attr, operator]
    steep = enclose_reach(policy, 1.0, steps=STEPS, progress=False)
    assert steep.speed > 1.2 * calm.speed
    assert steep.speed >= steep.sampled_speed


def test_numbers_survive_json(enclosed: tuple[MotionPolicy, Reach]) -> None:
    _, reach = enclosed
    values = reach.to_dict()
    assert Reach(**values) == reach
    assert len(values["lower"]) == STEPS == len(values["times"]) - 1


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan"), float("inf")])
def test_a_radius_out_of_range_is_refused(radius: float, trained: Trained) -> None:
    with pytest.raises(ParameterError, match="radius is out of range"):
        enclose_reach(trained(2, "elcd"), radius, progress=False)


def test_many_dimensions_and_poses_are_refused(trained: Trained, pose_policy: MotionPolicy) -> None:
    with pytest.raises(ParameterError, match="at most 3"):
        enclose_reach(trained(4, "elcd"), progress=False)
    with pytest.raises(ParameterError, match="of one unit"):
        enclose_reach(pose_policy, progress=False)
