"""The three gradients of soft k-means, against finite differences and against their definitions."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity
from torch.utils._python_dispatch import TorchDispatchMode

from elcd_policy.compression.gradients import assign, fixed_point, update_jacobian
from elcd_policy.compression.soft_kmeans import (
    Solution,
    first_centroids,
    soft_weights,
    solve,
    update,
    update_in_parts,
)
from elcd_policy.errors import ParameterError

CASES = [(2, 1, 0.3), (4, 1, 1.0), (4, 2, 0.5), (8, 1, 2.0), (16, 1, 1.0), (8, 3, 1.0)]


class Problem(NamedTuple):
    w: Tensor
    start: Tensor
    pull: Tensor
    tau: float

    def loss(
        self, w: Tensor, gradient: str, iterations: int = 5000, tolerance: float = 1e-12
    ) -> tuple[Solution, Tensor]:
        found = fixed_point(
            w,
            self.start,
            self.tau,
            gradient=gradient,
            iterations=iterations,
            tolerance=tolerance,
        )
        soft = assign(w, found.centroids, self.tau, gradient=gradient)
        return found, (soft * self.pull).sum()

    def gradient(self, gradient: str, iterations: int = 5000) -> Tensor:
        w = self.w.clone().requires_grad_()
        return torch.autograd.grad(self.loss(w, gradient, iterations)[1], w)[0]


def problem(
    k: int, d: int, share: float, rows: int = 60, dtype: torch.dtype = torch.float64
) -> Problem:
    generator = torch.Generator().manual_seed(k + d)
    w = torch.randn(rows, d, dtype=dtype, generator=generator)
    tau = share * k ** (-2 / d)
    tolerance = 1e-13 if dtype is torch.float64 else 1e-3
    first = first_centroids(w, k, generator)
    start = solve(w, first, tau, iterations=5000, tolerance=tolerance).centroids
    return Problem(w, start, torch.randn(rows, d, dtype=dtype, generator=generator), tau)


@pytest.mark.parametrize(("k", "d", "share"), CASES)
def test_implicit_and_unrolled_are_the_slopes_of_the_loss(k: int, d: int, share: float) -> None:
    case, step = problem(k, d, share), 1e-5
    implicit = case.gradient("implicit")
    largest = float(implicit.abs().max())
    assert largest > 0.1
    for at in range(0, case.w.numel(), 6):
        beside = torch.zeros_like(case.w)
        beside.view(-1)[at] = step
        above, below = (case.loss(case.w + sign * beside, "implicit")[1] for sign in (1, -1))
        slope = float(above - below) / (2 * step)
        assert slope == pytest.approx(float(implicit.view(-1)[at]), abs=1e-5 * largest)
    unrolled = case.gradient("unrolled", 400)
    torch.testing.assert_close(unrolled, implicit, rtol=0, atol=1e-6 * largest)


@pytest.mark.parametrize(("k", "d", "share"), CASES)
def test_jfb_is_one_update_from_centroids_held_fixed(
    k: int, d: int, share: float, record_property: pytest.RecordProperty
) -> None:
    case = problem(k, d, share)
    fixed = case.loss(case.w, "jfb")[0].centroids
    w = case.w.clone().requires_grad_()
    by_definition = (soft_weights(w, update(w, fixed, case.tau), case.tau) * case.pull).sum()
    expected = torch.autograd.grad(by_definition, w)[0]
    jfb, implicit = case.gradient("jfb"), case.gradient("implicit")
    torch.testing.assert_close(jfb, expected, rtol=0, atol=1e-10)
    cosine = float(cosine_similarity(jfb.flatten(), implicit.flatten(), dim=0))
    record_property("cosine to the implicit gradient", cosine)
    assert cosine > 0.8


@pytest.mark.parametrize(("k", "d", "share"), CASES)
def test_the_jacobian_is_that_of_the_update_and_contracts(k: int, d: int, share: float) -> None:
    case = problem(k, d, share)
    found = update_jacobian(
        case.w, case.start, case.tau, *update_in_parts(case.w, case.start, case.tau)
    )
    expected = torch.autograd.functional.jacobian(
        lambda c: update(case.w, c, case.tau), case.start
    ).view(k * d, k * d)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    values = torch.linalg.eigvals(found)
    assert float(values.imag.abs().max()) < 1e-8
    assert float(values.real.min()) > -1e-8
    assert float(values.real.max()) < 1.0


@pytest.mark.parametrize("k", [4, 16])
def test_weights_in_parts_give_what_they_give_at_once(
    k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = problem(k, 1, 1.0)
    at_once = [case.gradient(gradient) for gradient in ("implicit", "jfb")]
    monkeypatch.setattr("elcd_policy.compression.soft_kmeans.AT_A_TIME", 7 * k)
    for whole, gradient in zip(at_once, ("implicit", "jfb"), strict=True):
        torch.testing.assert_close(case.gradient(gradient), whole, rtol=0, atol=1e-11)


class Kept:
    """Bytes that autograd holds on to, each storage counted once."""

    def __init__(self) -> None:
        self.storages: dict[int, int] = {}

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        self.storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    @property
    def bytes(self) -> int:
        return sum(self.storages.values())


def held(case: Problem, gradient: str, iterations: int) -> int:
    kept = Kept()
    w = case.w.clone().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda tensor: tensor):
        case.loss(w, gradient, iterations, tolerance=0.0)[1].backward()
    return kept.bytes


def test_only_unrolled_keeps_memory_for_each_update() -> None:
    case = problem(16, 1, 1.0, rows=4000, dtype=torch.float32)
    attention = 4000 * 16 * 4
    for gradient in ("implicit", "jfb"):
        sizes = [held(case, gradient, t) for t in (2, 10, 40)]
        assert max(sizes) == min(sizes)
        assert max(sizes) < attention / 4
    unrolled = [held(case, "unrolled", t) for t in (2, 10, 40)]
    growth = (unrolled[2] - unrolled[1]) / 30
    assert growth == pytest.approx((unrolled[1] - unrolled[0]) / 8, rel=0.02)
    assert attention <= growth < 1.2 * attention


class Softmaxes(TorchDispatchMode):
    """Counts attentions: each evaluation of the update has one."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.count += "softmax" in str(func)
        return func(*args, **(kwargs or {}))


def test_the_work_of_a_backward_pass_does_not_depend_on_the_number_of_updates() -> None:
    case = problem(8, 1, 1.0)
    counts = {}
    for gradient in ("jfb", "implicit", "unrolled"):
        for t in (3, 30):
            w = case.w.clone().requires_grad_()
            found, loss = case.loss(w, gradient, t, tolerance=0.0)
            assert found.iterations == t
            with Softmaxes() as counted:
                loss.backward()
            counts[gradient, t] = counted.count
    assert counts["jfb", 3] == counts["jfb", 30] == 2
    assert counts["implicit", 3] == counts["implicit", 30] == 3
    assert counts["unrolled", 30] - counts["unrolled", 3] == 27


def test_residual_and_iterations_are_those_of_the_solution() -> None:
    case = problem(8, 1, 1.0)
    far = first_centroids(case.w, 8, torch.Generator().manual_seed(9)) + 0.05
    short = fixed_point(case.w, far, case.tau, gradient="jfb", iterations=4, tolerance=1e-12)
    longer = fixed_point(case.w, far, case.tau, gradient="jfb", iterations=5000, tolerance=1e-12)
    assert short.iterations == 4
    assert short.residual > 1e-6
    assert 4 < longer.iterations < 5000
    assert longer.residual <= 1e-12
    moved = update(case.w, longer.centroids, case.tau) - longer.centroids
    assert float(moved.abs().max()) < 1e-12


def test_a_centroid_without_weights_stays_and_gives_no_gradient() -> None:
    w = torch.tensor([[0.0], [0.1], [1.0], [1.1]], dtype=torch.float64, requires_grad=True)
    c = torch.tensor([[0.05], [1.05], [80.0]], dtype=torch.float64)
    found = fixed_point(w, c, 0.01, gradient="implicit", iterations=50, tolerance=1e-12)
    assert found.centroids[2].item() == 80.0
    assign(w, found.centroids, 0.01, gradient="implicit").sum().backward()
    torch.testing.assert_close(w.grad, torch.ones_like(w), rtol=0, atol=0.02)


@pytest.mark.parametrize(("gradient", "iterations"), [("newton", 3), ("jfb", 0)])
def test_unknown_gradients_are_refused(gradient: str, iterations: int) -> None:
    with pytest.raises(ParameterError, match="implicit, jfb, unrolled; at least 1 iteration"):
        fixed_point(
            torch.zeros(4, 1),
            torch.zeros(2, 1),
            1.0,
            gradient=gradient,
            iterations=iterations,
            tolerance=0.0,
        )
