"""Flows of normflows train, evaluate and roll out; they can't be exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import normflows as nf
import numpy as np
import pytest
import torch

from elcd_policy import TrainingSettings, evaluate, fit
from elcd_policy.errors import ExportError
from elcd_policy.flows import CompositeFlow, NormflowsAdapter

Saved = Callable[..., Path]


def affine() -> CompositeFlow:
    flows = []
    for _ in range(2):
        block = nf.flows.AffineCouplingBlock(nf.nets.MLP([1, 16, 2], init_zeros=True))
        flows += [NormflowsAdapter(block), NormflowsAdapter(nf.flows.Permute(2, mode="swap"))]
    return CompositeFlow(flows)


def spline() -> NormflowsAdapter:
    return NormflowsAdapter(nf.flows.CoupledRationalQuadraticSpline(2, 1, 16))


FLOWS = {"affine coupling": affine, "rational quadratic spline": spline}


@pytest.mark.parametrize("make", FLOWS.values(), ids=FLOWS)
def test_it_is_a_tangent_flow(make: Callable, check_flow: Callable) -> None:
    torch.manual_seed(2)
    flow = make().double().requires_grad_(False)
    for weight in flow.parameters():
        weight.add_(0.1 * torch.randn_like(weight))
    # normflows' spline can't reshape an empty batch.
    check_flow(flow, 2, least=1)


@pytest.mark.parametrize("make", FLOWS.values(), ids=FLOWS)
def test_it_trains_evaluates_and_says_why_it_can_not_be_exported(
    make: Callable, arcs: Callable, tmp_path: Path, saved: Saved
) -> None:
    demos = arcs(2)
    torch.manual_seed(0)
    flow = make()
    before = [weight.detach().clone() for weight in flow.parameters()]
    quick = TrainingSettings(linear_steps=60, shooting_steps=3, window=5)
    policy = fit(demos, flow=flow, settings=quick, progress=False)
    moved = [not torch.equal(a, b) for a, b in zip(before, policy.flow.parameters(), strict=True)]
    assert any(moved)
    goal = demos.goal
    assert np.linalg.norm(policy.velocity(goal)) < 1e-2
    scores = evaluate(policy, demos)
    assert all(np.isfinite(score.dtw) and score.end_2x < 20.0 for score in scores)
    with pytest.raises(
        ExportError, match=r"can't be exported: got a .* without a scriptable tangent, expected .*"
    ):
        saved(policy, tmp_path / "policy.pt")
    assert list(tmp_path.iterdir()) == []
