"""Poses are certified up to half a turn less a margin from the goal's orientation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elcd_policy import MotionPolicy, certify, load
from elcd_policy.certificate.exact import ExactPolicy
from elcd_policy.certificate.points import ball_offsets, demonstrated_points, make_generator
from elcd_policy.certificate.rotations import rotations

Saved = Callable[..., Path]


def test_a_policy_of_poses_is_certified_with_its_rotations(
    pose_policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    policy = load(saved(pose_policy, tmp_path / "pose.pt"))
    certificate = certify(policy)
    assert (certificate.verdict, certificate.reasons) == ("certified", [])
    row = certificate.effects[-1]
    assert row.of == "orientation"
    assert "while rotations stay within 168.5 deg of the goal's: motions from the" in row.keeps
    assert "refused" in row.loses
    check = next(check for check in certificate.checks if check.unit == "rad")
    assert check.limit == pytest.approx(np.pi - 0.2)
    shown = max(np.linalg.norm(start[3:]) for start in policy.metadata.starts)
    assert shown <= check.value < check.limit
    # Lengths: a rad counts as the characteristic length.
    facts, bounds = policy.metadata, certificate.bounds
    lengths = np.array(facts.starts) - facts.goal
    lengths[:, 3:] *= facts.orientation.length
    assert bounds.start == pytest.approx(np.linalg.norm(lengths, axis=1).max(), rel=1e-3)


def test_from_the_ball_that_it_names_no_motion_turns_further(
    pose_policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    policy = load(saved(pose_policy, tmp_path / "pose.pt"))
    exact = ExactPolicy(policy, lengths=True)
    starts = torch.tensor(exact.facts.starts, dtype=torch.float64)
    whole = float((exact.encode(starts) - exact.latent_goal).norm(dim=1).max())
    offsets = ball_offsets(6, make_generator())
    offsets = whole * offsets[offsets.norm(dim=1) <= 1 + 1e-6]
    shown = demonstrated_points(exact, starts)
    found = rotations(exact, policy.metadata.orientation, shown, shown, offsets)
    assert 0 < found.radius <= whole
    assert found.share == pytest.approx(found.radius / whole)
    assert (found.followed, found.within) == (256, 256)
    directions = torch.randn(512, 6, generator=make_generator(5), dtype=torch.float64)
    e = found.radius * directions / directions.norm(dim=1, keepdim=True)
    with torch.no_grad():
        trail = exact.latent_rollout(exact.latent_goal + e, 2 * exact.duration, 40)
        turned = (exact.decode(torch.cat([exact.latent_goal + e, trail])) / exact.unit)[:, 3:]
    # The ball is sampled, close to the true one.
    assert float(turned.norm(dim=1).max()) <= found.limit * 1.01


def test_motions_that_turn_beyond_the_margin_are_not_certified(
    pose_policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    facts = pose_policy.metadata
    pose_policy.metadata = replace(facts, orientation=replace(facts.orientation, margin=2.0))
    certificate = certify(load(saved(pose_policy, tmp_path / "pose.pt")))
    assert certificate.verdict == "not certified"
    assert certificate.reasons[0].startswith("rotation on motions from the demonstrated starts is")
    assert certificate.reasons[0].endswith("at most 1.14 rad")
