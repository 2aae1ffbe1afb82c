"""The flow that training uses unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from elcd_policy.errors import ParameterError
from elcd_policy.flows import AffineCoupling, KinkFlow, default_flow


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
def test_it_is_a_flow_in_every_dimension(
    dimension: int, randomise: Callable, check_flow: Callable
) -> None:
    check_flow(randomise(default_flow(dimension, width=16), seed=dimension, size=0.3), dimension)


@pytest.mark.parametrize("dimension", [1, 2, 3, 4, 7, 8])
def test_it_compiles_to_the_same_numbers(dimension: int, randomise: Callable) -> None:
    flow = randomise(default_flow(dimension, width=16), seed=dimension, size=0.3)
    assert flow.scriptable
    with pytest.warns(DeprecationWarning, match=r"torch\.jit"):
        scripted = torch.jit.script(flow)
    x = torch.randn(6, dimension, dtype=torch.float64)
    (z, tape), (expected, expected_tape) = scripted.encode(x), flow.encode(x)
    torch.testing.assert_close(z, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        scripted.pushforward(tape, x), flow.pushforward(expected_tape, x), rtol=0, atol=1e-10
    )
    torch.testing.assert_close(scripted.decode(z), x, rtol=0, atol=1e-10)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_it_starts_as_the_identity(dimension: int) -> None:
    x = torch.randn(6, dimension)
    torch.testing.assert_close(default_flow(dimension).decode(x), x, rtol=0, atol=1e-4)


def test_one_dimension_is_a_row_of_kinks_and_more_alternate_couplings() -> None:
    kinks = default_flow(1, couplings=3).flows
    assert (len(kinks), {type(flow) for flow in kinks}) == (12, {KinkFlow})
    couplings = default_flow(3, couplings=3, width=5).flows
    assert {type(flow) for flow in couplings} == {AffineCoupling}
    assert [flow.flip for flow in couplings] == [False, True, False]
    assert couplings[0].get_parameter("hidden.weight").shape[0] == 5


@pytest.mark.parametrize("dimension", [0, -2])
def test_there_is_no_flow_without_a_dimension(dimension: int) -> None:
    with pytest.raises(ParameterError, match=f"got {dimension}, expected >= 1"):
        default_flow(dimension)
