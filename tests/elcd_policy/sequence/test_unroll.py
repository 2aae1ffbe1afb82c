"""The backward written by hand, against autograd and finite differences."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from elcd_policy.sequence.fixed_step import FixedStepUnroll
from elcd_policy.sequence.integrators import INTEGRATORS
from elcd_policy.sequence.unroll import ROWS, Unroll, unroll_steps

CHAINS = [name for name, method in INTEGRATORS.items() if method.is_chain]


def arguments(steps: int, batch: int, sizes: tuple[int, int] = (1, 1)) -> list[torch.Tensor]:
    torch.manual_seed(steps)
    inputs, n = 2, 3
    shapes = [(steps, batch, inputs), (batch, n), (n, inputs), (n,), (n, n), (n, n)]
    given = [torch.randn(*shape, dtype=torch.float64) for shape in shapes]
    given.append(0.1 + 0.3 * torch.rand(*sizes, 1, dtype=torch.float64))
    return [each.requires_grad_() for each in given]


@pytest.mark.parametrize("name", INTEGRATORS)
@pytest.mark.parametrize("sizes", [(1, 1), (4, 1), (4, 2), (1, 2)])
def test_gradients_are_those_of_finite_differences(name: str, sizes: tuple[int, int]) -> None:
    method = list(INTEGRATORS[name].nodes), list(INTEGRATORS[name].weights)
    assert torch.autograd.gradcheck(
        lambda *given: Unroll.apply(*given, *method), arguments(4, 2, sizes)
    )


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("kind", ["gradient", "second derivative"])
def test_steps_of_one_size_have_the_same_gradients(kind: str, name: str) -> None:
    method = list(INTEGRATORS[name].nodes), list(INTEGRATORS[name].weights)
    *given, e = arguments(4, 2)
    e = e.detach()
    check = torch.autograd.gradcheck if kind == "gradient" else torch.autograd.gradgradcheck
    assert check(lambda *each: FixedStepUnroll.apply(*each, e, *method), given)


def test_second_derivatives_are_right() -> None:
    given = arguments(3, 2)
    assert torch.autograd.gradgradcheck(
        lambda *each: Unroll.apply(*each, [0.0, 0.5], [0.0, 1.0]), given
    )


@pytest.mark.parametrize("name", INTEGRATORS)
@pytest.mark.parametrize("wanted", ["states", "last"])
def test_it_equals_the_plain_loop_over_several_spans(name: str, wanted: str) -> None:
    batch = ROWS // 3  # 3, 1 and 1 steps a span
    method = list(INTEGRATORS[name].nodes), list(INTEGRATORS[name].weights)
    found = []
    for function in (Unroll.apply, unroll_steps):
        given = arguments(7, batch)
        states, last = function(*given, *method)
        torch.testing.assert_close(states[-1], last)
        (states**2 if wanted == "states" else last**2).sum().backward()
        found.append([states, last, *(each.grad for each in given)])
    for by_hand, plain in zip(*found, strict=True):
        torch.testing.assert_close(by_hand, plain)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("batch", [ROWS // 3, 2 * ROWS])
def test_steps_of_one_size_equal_the_plain_loop(batch: int, name: str) -> None:
    method = list(INTEGRATORS[name].nodes), list(INTEGRATORS[name].weights)
    found = []
    for function in (FixedStepUnroll.apply, unroll_steps):
        given = arguments(7, batch)
        given[-1] = given[-1].detach()
        states, last = function(*given, *method)
        ((states**2).sum() + (3 * last).sum()).backward()
        found.append([states, last, *(each.grad for each in given[:-1])])
    for by_hand, plain in zip(*found, strict=True):
        torch.testing.assert_close(by_hand, plain)


def test_a_step_of_no_size_has_finite_gradients() -> None:
    given = arguments(4, 2)
    e = torch.tensor([0.1, 0.0, 0.2, 0.0], dtype=torch.float64).reshape(4, 1, 1).requires_grad_()
    states, last = Unroll.apply(*given[:-1], e, [0.0, 0.5], [0.0, 1.0])
    torch.testing.assert_close(states[1], states[0])
    last.sum().backward()
    assert e.grad is not None
    assert bool(e.grad.isfinite().all())


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("rk2", 2), ("rk4", 4)])
def test_the_error_falls_with_the_integrators_order(name: str, order: int) -> None:
    method = list(INTEGRATORS[name].nodes), list(INTEGRATORS[name].weights)
    _, h, u, b, a, w, _ = (each.detach() for each in arguments(1, 4))
    x = torch.ones(1, 4, 2, dtype=torch.float64)

    def end(count: int, nodes: list[float], weights: list[float]) -> torch.Tensor:
        e = torch.full((1, 1, 1), 1.0 / count, dtype=torch.float64)
        return unroll_steps(x.expand(count, -1, -1), h, u, b, a, w, e, nodes, weights)[1]

    exact = end(300, list(INTEGRATORS["rk4"].nodes), list(INTEGRATORS["rk4"].weights))
    errors = [float((end(count, *method) - exact).norm()) for count in (20, 40, 80)]
    for coarse, fine in pairwise(errors):
        assert 0.8 * 2**order < coarse / fine < 1.25 * 2**order
