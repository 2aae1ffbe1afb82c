"""The ELCD field: its inequality holds for whatever weights, everywhere."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.fields import FIELDS, ElcdField

sizes = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)


def random_field(dimension: int, rate: float, seed: int, size: float) -> ElcdField:
    field = ElcdField(dimension, rate=rate, width=8).double().requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    for weight in field.parameters():
        weight.copy_(size * torch.randn(weight.shape, generator=generator, dtype=weight.dtype))
    return field


def points(dimension: int, seed: int, size: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed + 1)
    return size * torch.randn(32, dimension, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), weights=sizes, far=sizes, rate=st.floats(0.01, 20))
def test_the_distance_to_the_goal_falls_at_the_stated_rate(
    dimension: int, seed: int, weights: float, far: float, rate: float
) -> None:
    field = random_field(dimension, rate, seed, weights)
    e = points(dimension, seed, far)
    f = field(e)
    assert torch.isfinite(f).all()
    # The skew part cancels only to the rounding of its own size.
    slack = 1e-13 * (f.norm(dim=1) * e.norm(dim=1))
    assert bool(((e * f).sum(1) <= -rate * (e * e).sum(1) + slack).all())


@pytest.mark.parametrize("dimension", [1, 2, 3, 8])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), weights=sizes, rate=st.floats(0.01, 20))
def test_the_symmetric_part_of_a_is_at_most_minus_c(
    dimension: int, seed: int, weights: float, rate: float
) -> None:
    field = random_field(dimension, rate, seed, weights)
    # A(e) with the network's input held at e, read off by feeding unit vectors to f(e) = A(e) e.
    for e in points(dimension, seed, 2.0)[:4]:
        p = field.out(torch.tanh(field.hidden(e))).view(dimension, dimension)
        lower, upper = p.tril(), p.triu(1)
        a = -(rate * torch.eye(dimension, dtype=e.dtype) + lower.T @ lower) + upper - upper.T
        torch.testing.assert_close(field(e[None])[0], a @ e, rtol=1e-9, atol=1e-9)
        top = torch.linalg.eigvalsh((a + a.T) / 2).max()
        assert float(top) <= -rate + 1e-13 * float(a.abs().max())


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
def test_the_goal_is_an_equilibrium_and_batches_may_be_empty(dimension: int) -> None:
    field = random_field(dimension, 1.0, seed=0, size=10.0)
    goal = torch.zeros(1, dimension, dtype=torch.float64)
    assert float(field(goal).abs().max()) <= 1e-12
    assert field(goal[:0]).shape == (0, dimension)


@pytest.mark.parametrize("dimension", [1, 2, 8])
def test_it_starts_linear_with_distinct_rates_above_c(dimension: int) -> None:
    field = ElcdField(dimension, rate=0.5)
    rates = field.linear_rates().detach()
    assert rates.shape == (dimension,)
    assert len(set(rates.tolist())) == dimension
    assert float(rates.min()) > 0.5
    e = torch.randn(9, dimension)
    torch.testing.assert_close(field(e).detach(), -rates * e, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("field", FIELDS)
def test_a_fresh_field_decays_as_fast_whatever_smaller_rate_is_guaranteed(field: str) -> None:
    low, high, higher = (FIELDS[field](3, rate=c).linear_rates().detach() for c in (0.5, 4.0, 8.0))
    torch.testing.assert_close(low, high)
    assert float(high.min()) == pytest.approx(6.7)
    assert float(higher.min()) > 10.0


def test_it_says_what_it_guarantees() -> None:
    assert FIELDS["elcd"] is ElcdField
    field = ElcdField(2, rate=3.0)
    assert (field.kind, field.rate) == ("equilibrium contraction", 3.0)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_must_be_positive(rate: float) -> None:
    with pytest.raises(ParameterError, match=f"contraction rate .* got {rate}, expected above 0"):
        ElcdField(2, rate=rate)
