"""The certificate of a policy that keeps clear of obstacles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elcd_policy import LoadedPolicy, MotionPolicy, avoid, load, save
from elcd_policy.certificate import certificate_fault, certify
from elcd_policy.formats import serve_policy
from elcd_policy.obstacles import AvoidingPolicy, Obstacle
from elcd_policy.obstacles.diffeomorphism import ObstacleMap

Saved = Callable[..., Path]


@pytest.fixture(scope="module")
def around(
    fit_once: Callable[[int, str], MotionPolicy],
    tmp_path_factory: pytest.TempPathFactory,
    saved: Saved,
) -> tuple[LoadedPolicy, LoadedPolicy, list[Obstacle]]:
    """A learned policy, the same around a disc beside its way, and the disc."""
    file = tmp_path_factory.mktemp("around") / "learned.pt"
    learned = load(saved(fit_once(2, "monotone"), file))
    with torch.jit.optimized_execution(False):
        path = learned.rollout(learned.metadata.starts[0], learned.metadata.duration, 0.05)[1]
    middle = path[len(path) // 3] + 0.5
    bodies = [Obstacle("ellipsoid", middle, np.array([3.0, 3.0]))]
    return learned, avoid(learned, bodies, 1.0), bodies


def test_what_is_left_is_certified_and_stored(around: tuple, tmp_path: Path) -> None:
    learned, avoiding, _ = around
    found = save(avoiding, tmp_path / "avoiding.pt")
    assert found.certified, found.reasons
    assert found.kind == "convergence from almost every start"
    assert found.rate == learned.metadata.guarantee["rate"]
    assert found.bounds is None
    values = {check.name: check.value for check in found.checks}
    assert values["on a surface: |normal . forward(x)| / largest speed"] < 1e-7
    assert values["around obstacles: |J(x) forward(x) - h f(z)| / |h f(z)|"] < 1e-9
    (effect,) = (each for each in found.effects if each.of == "1 static obstacles")
    assert "contraction of pairs" in effect.loses
    assert "condition number of at most" in effect.keeps
    saved = load(tmp_path / "avoiding.pt")
    assert certificate_fault(saved) == ""
    assert certify(saved).to_dict() == found.to_dict()


def test_a_larger_claim_is_not_certified(around: tuple, tmp_path: Path, saved: Saved) -> None:
    _, avoiding, _ = around
    guarantee = {**avoiding.metadata.guarantee, "kind": "contraction of every pair"}
    claiming = serve_policy(avoiding.rebuilt, replace(avoiding.metadata, guarantee=guarantee))
    file = saved(claiming, tmp_path / "claiming.pt")
    assert "it claims contraction of every pair" in certify(load(file)).summary


def test_a_policy_that_only_says_so_is_not_certified(
    around: tuple, tmp_path: Path, saved: Saved
) -> None:
    learned, avoiding, _ = around
    saying = serve_policy(
        learned.rebuilt, replace(learned.metadata, guarantee=avoiding.metadata.guarantee)
    )
    found = certify(load(saved(saying, tmp_path / "saying.pt")))
    assert not found.certified
    assert "avoid" in found.summary


class Unbent(ObstacleMap):
    """An obstacle map that leaves the field as it is."""

    @torch.jit.export
    def pull_back(
        self, x: torch.Tensor, v: torch.Tensor, goal: torch.Tensor, escape: torch.Tensor
    ) -> torch.Tensor:
        return v


def test_a_field_that_runs_through_is_not_certified(around: tuple) -> None:
    learned, avoiding, bodies = around
    broken = AvoidingPolicy(learned.rebuilt, ObstacleMap(bodies, 1.0, 2))
    broken.obstacles.__class__ = Unbent
    found = certify(serve_policy(broken, avoiding.metadata))
    assert not found.certified
    assert "its obstacles are not put before a policy as `elcd.avoid` does" in found.reasons
