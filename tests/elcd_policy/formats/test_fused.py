"""The fused forward is the policy's own, number by number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from elcd_policy import MotionPolicy
from elcd_policy.fields import FIELDS
from elcd_policy.flows import AffineCoupling, CompositeFlow, NormflowsAdapter
from elcd_policy.formats import served
from elcd_policy.formats.fused import ServedPolicy


def shaken(policy: MotionPolicy) -> MotionPolicy:
    """Other weights than training leaves."""
    generator = torch.Generator().manual_seed(0)
    for weight in policy.parameters():
        weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    policy.fix_latent_goal()
    return policy


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("dimension", [2, 3, 7, 8])
def test_it_is_the_same_function(
    dimension: int, field: str, trained: Callable[..., MotionPolicy]
) -> None:
    policy = shaken(trained(dimension, field))
    policy.set_goal(torch.arange(float(dimension)))
    fused = served(policy)
    assert isinstance(fused, ServedPolicy)
    x = 40.0 * torch.randn(50, dimension, generator=torch.Generator().manual_seed(1))
    expected = policy(x)
    torch.testing.assert_close(fused(x), expected, rtol=0, atol=1e-6 * float(expected.abs().max()))
    # Nothing but the order of sums differs.
    exact = policy.double()(x.double())
    scale = float(exact.abs().max())
    torch.testing.assert_close(fused.double()(x.double()), exact, rtol=0, atol=1e-6 * scale)
    torch.testing.assert_close(fused.encode(x.double()), policy.encode(x.double()))
    assert fused(x[:0]).shape == (0, dimension)


def test_only_rows_of_like_couplings_are_fused(trained: Callable[..., MotionPolicy]) -> None:
    for dimension, change in ((1, None), (2, "width"), (2, "adapter"), (2, "bound")):
        policy = trained(dimension)
        if change == "width":
            policy.flow.flows.append(AffineCoupling(2, flip=False, width=5))
        elif change == "bound":
            policy.flow.flows.append(AffineCoupling(2, flip=False, width=16, max_log_scale=1.0))
        elif change == "adapter":
            policy.flow = CompositeFlow([NormflowsAdapter(policy.flow)])
        assert served(policy) is policy


def test_a_bound_that_is_no_power_of_two_is_kept(trained: Callable[..., MotionPolicy]) -> None:
    policy = shaken(trained(3))
    for coupling in policy.flow.flows:
        coupling.max_log_scale = 0.7
    policy.fix_latent_goal()
    x = 40.0 * torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    expected = policy(x)
    fused = served(policy)
    assert isinstance(fused, ServedPolicy)
    torch.testing.assert_close(fused(x), expected, rtol=0, atol=1e-6 * float(expected.abs().max()))
