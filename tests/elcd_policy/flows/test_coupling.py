"""The affine coupling: an exact inverse and tangent, a bounded scale."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.flows import AffineCoupling


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("dimension", [2, 3, 4, 7, 8])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_it_inverts_itself_and_carries_tangents(
    dimension: int, flip: bool, seed: int, randomise: Callable, check_flow: Callable
) -> None:
    flow = randomise(AffineCoupling(dimension, flip=flip, width=16), seed)
    check_flow(flow, dimension, seed)


@pytest.mark.parametrize("flip", [False, True])
def test_one_half_stays_and_the_other_moves(flip: bool, randomise: Callable) -> None:
    flow = randomise(AffineCoupling(3, flip=flip), seed=1)
    x = torch.randn(20, 3, dtype=torch.float64)
    same = (flow.decode(x) == x).all(dim=0).tolist()
    assert same == ([False, True, True] if flip else [True, False, False])


def test_it_starts_as_the_identity() -> None:
    flow = AffineCoupling(4, flip=True)
    x = torch.randn(10, 4)
    assert torch.equal(flow.decode(x), x)
    assert torch.equal(flow.encode(x)[0], x)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), size=st.floats(0.1, 1e4), bound=st.sampled_from([0.5, 1.0, 2.0]))
def test_the_scale_is_bounded_for_whatever_weights(
    seed: int, size: float, bound: float, randomise: Callable
) -> None:
    flow = randomise(AffineCoupling(2, flip=False, max_log_scale=bound), seed, size)
    x = torch.randn(50, 2, dtype=torch.float64)
    log_scale = flow.inverse(x)[1]
    assert float(log_scale.abs().max()) <= bound + 1e-12
    # The moved half is one coordinate here: the log-determinant is its slope, by its meaning.
    there = flow.encode(x + torch.tensor([0.0, 1.0]))[0] - flow.encode(x)[0]
    exact = torch.exp(log_scale)
    rounding = 1e-9 * (1 + float(flow.encode(x)[0].abs().max()))
    torch.testing.assert_close(there[:, 1], exact, rtol=0, atol=rounding)


def test_one_dimension_has_no_two_halves() -> None:
    with pytest.raises(ParameterError, match=r"got dimension 1, expected at least 2; .*KinkFlow"):
        AffineCoupling(1, flip=False)
