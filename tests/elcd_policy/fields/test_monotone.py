"""The monotone field: every pair of trajectories approaches, for whatever weights."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.fields import FIELDS, MonotoneField

sizes = st.floats(-3, 2).map(lambda exponent: 10.0**exponent)


def random_field(dimension: int, rate: float, seed: int, size: float) -> MonotoneField:
    field = MonotoneField(dimension, rate=rate, width=8).double().requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    for weight in field.parameters():
        weight.copy_(size * torch.randn(weight.shape, generator=generator, dtype=weight.dtype))
    return field


def points(dimension: int, seed: int, size: float, count: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed + 1)
    return size * torch.randn(count, dimension, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), weights=sizes, far=sizes, rate=st.floats(0.01, 20))
def test_the_symmetric_part_of_its_jacobian_is_at_most_minus_c(
    dimension: int, seed: int, weights: float, far: float, rate: float
) -> None:
    field = random_field(dimension, rate, seed, weights)
    for e in points(dimension, seed, far):
        jacobian = torch.autograd.functional.jacobian(lambda p: field(p[None])[0], e)
        top = torch.linalg.eigvalsh((jacobian + jacobian.T) / 2).max()
        assert float(top) <= -rate + 1e-13 * float(jacobian.abs().max())


@pytest.mark.parametrize("dimension", [1, 2, 3, 8])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), weights=sizes, far=sizes, rate=st.floats(0.01, 20))
def test_any_two_points_approach_each_other(
    dimension: int, seed: int, weights: float, far: float, rate: float
) -> None:
    field = random_field(dimension, rate, seed, weights)
    e = points(dimension, seed, far, count=16)
    f = field(e)
    gap, dgap = e[:, None] - e[None], f[:, None] - f[None]
    slack = 1e-13 * float(f.norm(dim=1).max() * e.norm(dim=1).max())
    assert bool(((gap * dgap).sum(2) <= -rate * (gap * gap).sum(2) + slack).all())


@pytest.mark.parametrize("dimension", [1, 2, 3, 7])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**31), rate=st.floats(0.1, 3))
def test_simulated_pairs_stay_within_exp_of_minus_c_t(
    dimension: int, seed: int, rate: float
) -> None:
    field = random_field(dimension, rate, seed, size=1.0)
    e = points(dimension, seed, 3.0, count=8)
    start = torch.cdist(e, e)
    h, steps = 1 / 400, 400
    for step in range(1, steps + 1):
        k1 = field(e)
        k2 = field(e + h / 2 * k1)
        k3 = field(e + h / 2 * k2)
        e = e + h / 6 * (k1 + 2 * k2 + 2 * k3 + field(e + h * k3))
        if step % 50 == 0:
            bound = start * math.exp(-rate * step * h)
            assert bool((torch.cdist(e, e) <= bound * (1 + 1e-6) + 1e-12).all())


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
def test_the_goal_is_an_equilibrium_and_batches_may_be_empty(dimension: int) -> None:
    field = random_field(dimension, 1.0, seed=0, size=10.0)
    goal = torch.zeros(1, dimension, dtype=torch.float64)
    assert float(field(goal).abs().max()) <= 1e-12
    assert field(goal[:0]).shape == (0, dimension)


@pytest.mark.parametrize("dimension", [1, 2, 8])
def test_it_starts_all_but_linear_with_distinct_rates_above_c(dimension: int) -> None:
    field = MonotoneField(dimension, rate=0.5)
    rates = field.linear_rates().detach()
    assert len(set(rates.tolist())) == dimension
    assert float(rates.min()) > 0.5
    e = torch.randn(9, dimension)
    linear = -rates * e
    assert float((field(e).detach() - linear).norm()) < 0.05 * float(linear.norm())


def test_it_says_what_it_guarantees() -> None:
    assert FIELDS["monotone"] is MonotoneField
    field = MonotoneField(2, rate=3.0)
    assert (field.kind, field.rate) == ("contraction of every pair", 3.0)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_must_be_positive(rate: float) -> None:
    with pytest.raises(ParameterError, match=f"contraction rate .* got {rate}, expected above 0"):
        MonotoneField(2, rate=rate)
