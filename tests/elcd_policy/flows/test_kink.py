"""The kink: monotone, of bounded slope, inverse in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.flows import KinkFlow


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_it_inverts_itself_and_carries_tangents(
    dimension: int, seed: int, randomise: Callable, check_flow: Callable
) -> None:
    check_flow(randomise(KinkFlow(dimension), seed, 1.0), dimension, seed)


def test_it_starts_as_the_identity() -> None:
    flow = KinkFlow(3).double()
    x = torch.linspace(-10, 10, 30, dtype=torch.float64).view(10, 3)
    torch.testing.assert_close(flow.decode(x), x, rtol=0, atol=1e-12)
    torch.testing.assert_close(flow.encode(x)[0], x, rtol=0, atol=1e-12)


def test_its_slope_turns_from_exp_minus_k_to_exp_k() -> None:
    flow = KinkFlow(1, max_strength=2.0).double().requires_grad_(False)
    flow.centre.fill_(0.7)
    flow.strength.fill_(1.5)
    k = 2.0 * math.tanh(1.5 / 2.0)
    x = torch.tensor([[-1e4], [0.7], [1e4]], dtype=torch.float64)
    slope = torch.exp(flow.inverse(x)[1])
    expected = torch.tensor([math.exp(-k), math.cosh(k), math.exp(k)], dtype=torch.float64)
    torch.testing.assert_close(slope, expected, rtol=1e-6, atol=0)


@settings(max_examples=30, deadline=None)
@given(
    strength=st.floats(-1e6, 1e6),
    centre=st.floats(-100, 100),
    log_width=st.floats(-6, 6),
    bound=st.sampled_from([0.5, 2.0]),
)
def test_the_slope_is_bounded_for_whatever_weights(
    strength: float, centre: float, log_width: float, bound: float
) -> None:
    flow = KinkFlow(1, max_strength=bound).double().requires_grad_(False)
    for weight, value in zip(flow.parameters(), (strength, centre, log_width), strict=True):
        weight.fill_(value)
    x = torch.linspace(-200, 200, 401, dtype=torch.float64)[:, None]
    z, log_slope = flow.inverse(x)
    assert float(log_slope.abs().max()) <= bound + 1e-9
    rise = z[1:] - z[:-1]
    assert float(rise.min()) >= math.exp(-bound) * (1 - 1e-9)
    assert float(rise.max()) <= math.exp(bound) * (1 + 1e-9)
