"""The constrained weights keep their bounds, whatever the free ones are."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.perception.weights import stable_kernel, stable_matrix

SEEDS, SIZES = st.integers(0, 2**31), st.integers(1, 8)
SCALES = st.sampled_from([0.0, 1e-3, 0.3, 1.0, 30.0, 1e4])


def random(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(max_examples=60, deadline=None)
@given(SEEDS, SIZES, SCALES, st.floats(0.001, 0.49))
def test_eigenvalues_lie_in_the_interval(seed: int, n: int, scale: float, epsilon: float) -> None:
    matrix = stable_matrix(scale * random(seed, n, n), epsilon)
    eigenvalues = torch.linalg.eigvalsh(matrix)
    assert -(1 - epsilon) - 1e-12 <= eigenvalues.min()
    assert eigenvalues.max() <= -epsilon + 1e-12
    torch.testing.assert_close(matrix, matrix.t())


def test_small_free_weights_are_used_as_they_are_and_large_ones_reach_the_bound() -> None:
    free = random(0, 5, 5)
    small = 0.1 * free
    expected = -small.t() @ small - 0.01 * torch.eye(5, dtype=torch.float64)
    torch.testing.assert_close(stable_matrix(small, 0.01), expected)
    gram = -stable_matrix(100 * free, 0.01) - 0.01 * torch.eye(5, dtype=torch.float64)
    assert torch.linalg.matrix_norm(gram) == pytest.approx(0.98, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(1, 4), st.sampled_from([1, 3, 5]), SCALES)
def test_a_convolutions_step_is_non_expansive(seed: int, c: int, k: int, scale: float) -> None:
    """The row sums of |I + D A|, of the very matrix that the padded convolution is."""
    epsilon, eta, side = 0.05, 0.2, 4
    kernel = stable_kernel(scale * random(seed, c, c, k, k), epsilon, eta)
    units = torch.eye(c * side * side, dtype=torch.float64).view(-1, c, side, side)
    columns = torch.nn.functional.conv2d(units, kernel, padding=k // 2)
    matrix = columns.flatten(1).t()
    slopes = torch.rand(len(matrix), generator=torch.Generator().manual_seed(seed)).double()
    slopes[:2] = torch.tensor([0.0, 1.0])
    rows = (torch.eye(len(matrix)) + slopes[:, None] * matrix).abs().sum(dim=1)
    assert bool((rows <= 1 - epsilon * slopes + 1e-12).all())


def test_gradients_of_the_constraints_are_right() -> None:
    matrix, kernel = random(1, 4, 4).requires_grad_(), random(2, 2, 2, 3, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda free: stable_matrix(free, 0.1), matrix)
    assert torch.autograd.gradcheck(lambda free: stable_kernel(free, 0.05, 0.2), kernel)
    small = (0.01 * random(2, 2, 2, 3, 3)).requires_grad_()
    assert torch.autograd.gradcheck(lambda free: stable_kernel(free, 0.05, 0.2), small)
