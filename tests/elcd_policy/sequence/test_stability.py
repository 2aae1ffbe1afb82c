"""What a certificate says, against trajectories; and what must not be certified."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.sequence import LipschitzRNN, layer_stability
from elcd_policy.sequence.integrators import INTEGRATORS
from elcd_policy.sequence.stability import largest_step, step_factor
from elcd_policy.sequence.unroll import unroll_steps

J = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)


def rnn(seed: int, scale: float, **options) -> LipschitzRNN:
    """In float64, its free matrices drawn with a standard deviation."""
    torch.manual_seed(seed)
    network = LipschitzRNN(2, 5, **options).double()
    with torch.no_grad():
        for cell in network.cells:
            cell.free_A.normal_(0.0, scale)
            cell.free_W.normal_(0.0, scale)
    return network


def gaps(network: LipschitzRNN, integrator: str, e: float, steps: int) -> torch.Tensor:
    """Distances [steps + 1, 20] of pairs of trajectories under one input, step by step."""
    method = INTEGRATORS[integrator]
    a, w = (matrix.detach() for matrix in network.cells[0].matrices())
    cell = network.cells[0]
    x = torch.randn(steps, 20, 2, dtype=torch.float64)
    u, b = cell.U.detach(), cell.b.detach()
    pairs = []
    for _ in range(2):
        start = 2 * torch.randn(20, 5, dtype=torch.float64)
        size = torch.full((1, 1, 1), e, dtype=torch.float64)
        states, _ = unroll_steps(
            x, start, u, b, a, w, size, list(method.nodes), list(method.weights)
        )
        pairs.append(torch.cat([start[None], states]))
    return (pairs[0] - pairs[1]).norm(dim=2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 1.0), st.floats(0.0, 2.0), st.floats(0.01, 2.0))
def test_the_eigenvalues_lie_in_the_interval(
    seed: int, beta: float, gamma: float, scale: float
) -> None:
    network = rnn(seed, scale, beta_A=beta, gamma_A=gamma)
    (layer,) = network.certificate().layers
    free = network.cells[0].free_A.detach()
    a, _ = network.cells[0].matrices()
    mixed = (1 - beta) * (free + free.t()) + beta * (free - free.t())
    torch.testing.assert_close(a, mixed - gamma * torch.eye(5).double())
    by_free = (1 - beta) * torch.linalg.eigvalsh(free + free.t()) - gamma
    assert layer.eigenvalue_interval == pytest.approx((float(by_free[0]), float(by_free[-1])))
    real = torch.linalg.eigvals(a).real
    assert layer.eigenvalue_interval[0] - 1e-9 <= real.min().item()
    assert real.max().item() <= layer.eigenvalue_interval[1] + 1e-9


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 1.5), st.floats(0.05, 2.0))
def test_any_two_trajectories_approach_at_the_certified_rate(
    seed: int, scale: float, rate: float
) -> None:
    network = rnn(seed, scale, gamma_A=rate, stable=True)
    certificate = network.certificate()
    assert certificate.stable
    assert certificate.rate == pytest.approx(rate, rel=1e-6)
    e = 0.1 / (certificate.layers[0].norm_a + certificate.layers[0].norm_w)
    distance = gaps(network, "rk4", e, 40)
    time = e * torch.arange(41, dtype=torch.float64)[:, None]
    assert bool((distance <= (1 + 1e-4) * torch.exp(-rate * time) * distance[0] + 1e-12).all())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(INTEGRATORS)), st.floats(0.01, 3.0))
def test_no_step_does_worse_than_its_factor(seed: int, integrator: str, e: float) -> None:
    network = rnn(seed, 0.4, gamma_A=1.0)
    a, w = (matrix.detach() for matrix in network.cells[0].matrices())
    distance = gaps(network, integrator, e, 10)
    factor = step_factor(a, w, e, integrator)
    assert bool((distance[1:] <= (factor + 1e-9) * distance[:-1]).all())


def test_the_conditions_of_the_steps_are_those_of_the_notes() -> None:
    network = rnn(0, 0.3, gamma_A=2.0)
    a, w = (matrix.detach() for matrix in network.cells[0].matrices())
    eye, e = torch.eye(5).double(), 0.2
    norm = [float(torch.linalg.matrix_norm(matrix, 2)) for matrix in (a, w)]
    euler = float(torch.linalg.matrix_norm(eye + e * a, 2)) + e * norm[1]
    assert step_factor(a, w, e, "euler") == pytest.approx(euler)
    midpoint = float(torch.linalg.matrix_norm(eye + e * a + e * e / 2 * a @ a, 2))
    midpoint += e * norm[1] + e * e / 2 * (2 * norm[0] * norm[1] + norm[1] ** 2)
    assert step_factor(a, w, e, "rk2") == pytest.approx(midpoint)
    for name in INTEGRATORS:
        largest = largest_step(a, w, name)
        assert (
            step_factor(a, w, 0.999 * largest, name) < 1 < step_factor(a, w, 1.001 * largest, name)
        )


def test_the_largest_euler_step_of_a_damped_layer_is_known() -> None:
    a, w = -2.0 * torch.eye(3).double(), 0.5 * torch.eye(3).double()
    # |1 - 2 e| + e / 2 < 1 up to e = 2 / 2.5
    assert largest_step(a, w, "euler") == pytest.approx(0.8, rel=1e-5)
    layer = layer_stability(a, w, 0.1, "euler")
    assert (layer.rate, layer.norm_w) == pytest.approx((1.5, 0.5))
    assert layer.step_factor == pytest.approx(0.85)
    assert layer.contracting_steps


def test_the_published_settings_are_not_certified_from_the_start() -> None:
    torch.manual_seed(0)
    certificate = LipschitzRNN(1, 128).certificate()
    assert not certificate.stable
    assert certificate.rate < 0
    assert not certificate.contracting_steps
    assert certificate.layers[0].largest_step == {"euler": 0.0, "rk2": 0.0, "rk4": 0.0}


def test_an_often_quoted_condition_certifies_nothing_where_it_is_false() -> None:
    """A = 0.1 I + J, W = -I + J / 2 meets it and has an unstable saturated equilibrium."""
    eye = torch.eye(2, dtype=torch.float64)
    a, w = 0.1 * eye + J, -eye + 0.5 * J
    assert torch.linalg.eigvalsh(w + w.t()).max() < 0
    assert torch.linalg.eigvalsh(a.t() @ w + w.t() @ a).min() > 0
    layer = layer_stability(a, w, 0.01, "euler")
    assert not layer.stable
    assert layer.monotone_rate is None


def test_a_symmetric_w_may_be_certified_in_its_own_metric() -> None:
    eye = torch.eye(2, dtype=torch.float64)
    a, w = -0.3 * eye + 0.2 * J, -torch.diag(torch.tensor([1.0, 2.0], dtype=torch.float64))
    layer = layer_stability(a, w, 0.01, "euler")
    assert layer.rate < 0
    assert layer.monotone_rate is not None
    assert layer.monotone_rate > 0
    assert layer.stable
    torch.manual_seed(0)
    h = 3 * torch.randn(2, 50, 2, dtype=torch.float64)
    z, e = torch.randn(2, dtype=torch.float64), 0.001
    metric = (-w).diagonal().sqrt()
    before = ((h[0] - h[1]) * metric).norm(dim=1)
    for _ in range(1000):
        h = h + e * (h @ a.t() + torch.tanh(h @ w.t() + z))
    after = ((h[0] - h[1]) * metric).norm(dim=1)
    assert bool((after <= 1.001 * np.exp(-layer.monotone_rate) * before).all())


def test_stable_holds_after_training_and_after_float16() -> None:
    torch.manual_seed(0)
    network = LipschitzRNN(2, 8, 2, gamma_A=0.05, stable=True, eps=0.1, learn_eps=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    x, y = torch.randn(8, 8, 2), torch.randn(8, 8)
    first = None
    for _ in range(15):
        loss = ((network(x)[1][-1] - y) ** 2).mean()
        first = first or float(loss.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.9 * first
    assert network.cells[0].free_W.abs().max() > 0.5
    for dtype in (torch.float32, torch.float16, torch.float32):
        certificate = network.to(dtype).certificate()
        assert certificate.stable
        # A's own entries are rounded, in float16 to some thousandths.
        assert certificate.rate == pytest.approx(0.05, abs=0.02 if dtype.itemsize == 2 else 1e-4)


def test_a_certificate_is_ready_for_json_and_knows_longer_samples() -> None:
    network = rnn(0, 0.2, gamma_A=0.5, stable=True, eps=0.1)
    facts = network.certificate(dt=3.0).to_dict()
    assert facts["stable"] is True
    assert facts["layers"][0]["step"] == pytest.approx(0.3)
    assert facts["layers"][0]["integrator"] == "euler"


def test_an_unknown_integrator_is_named() -> None:
    with pytest.raises(ParameterError, match="got 'rk3', expected euler, rk2, rk4"):
        LipschitzRNN(1, 2, integrator="rk3")


def test_nothing_is_certified_of_weights_that_are_not_finite() -> None:
    network = LipschitzRNN(1, 2)
    with torch.no_grad():
        network.cells[0].free_W[0, 1] = torch.nan
    with pytest.raises(ParameterError, match="weights are not finite: got nan or inf"):
        network.certificate()


@pytest.mark.parametrize("dt", [0.0, -1.0, float("nan"), float("inf")])
def test_a_step_takes_time(dt: float) -> None:
    with pytest.raises(ParameterError, match="the step size is out of range: got"):
        LipschitzRNN(1, 2).certificate(dt)
