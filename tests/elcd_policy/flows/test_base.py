"""Flows in a row."""

from __future__ import annotations

from collections.abc import Callable

import normflows as nf
import pytest
import torch

from elcd_policy.flows import AffineCoupling, CompositeFlow, KinkFlow, NormflowsAdapter, TangentFlow


def row(dimension: int) -> list[TangentFlow]:
    return [
        AffineCoupling(dimension, flip=False, width=8),
        KinkFlow(dimension),
        AffineCoupling(dimension, flip=True, width=8),
    ]


@pytest.mark.parametrize("dimension", [2, 3, 7])
def test_a_row_of_different_flows_is_a_flow(
    dimension: int, randomise: Callable, check_flow: Callable
) -> None:
    check_flow(randomise(CompositeFlow(row(dimension)), seed=3), dimension)


def test_rows_nest(randomise: Callable, check_flow: Callable) -> None:
    flow = CompositeFlow([CompositeFlow(row(2)), KinkFlow(2), CompositeFlow(row(2))])
    check_flow(randomise(flow, seed=4), 2)


def test_data_passes_the_first_flow_first(randomise: Callable) -> None:
    flows = [randomise(flow, seed) for seed, flow in enumerate(row(2))]
    x = torch.randn(5, 2, dtype=torch.float64)
    expected = x
    for flow in flows:
        expected = flow.encode(expected)[0]
    torch.testing.assert_close(CompositeFlow(flows).encode(x)[0], expected, rtol=0, atol=0)


def test_a_tape_serves_once(randomise: Callable) -> None:
    flow = randomise(CompositeFlow(row(2)), seed=5)
    z, tape = flow.encode(torch.randn(5, 2, dtype=torch.float64))
    flow.pushforward(tape, z)
    assert tape == []


def test_a_row_is_a_normflows_flow() -> None:
    flow = CompositeFlow(row(2))
    assert isinstance(flow, nf.flows.Flow)
    model = nf.NormalizingFlow(nf.distributions.DiagGaussian(2, trainable=False), [flow])
    x = torch.randn(4, 2)
    # Still the identity: the density is that of the base.
    torch.testing.assert_close(model.log_prob(x), model.q0.log_prob(x), rtol=1e-5, atol=1e-5)


def test_one_flow_that_can_not_be_scripted_makes_the_row_so() -> None:
    assert CompositeFlow(row(2)).scriptable
    foreign = NormflowsAdapter(nf.flows.LULinearPermute(2))
    assert not CompositeFlow([*row(2), foreign]).scriptable


def test_the_interface_alone_does_nothing() -> None:
    x = torch.zeros(1, 2)
    for call in (TangentFlow().encode, TangentFlow().decode):
        with pytest.raises(NotImplementedError):
            call(x)
    with pytest.raises(NotImplementedError):
        TangentFlow().pushforward([], x)
