"""Policies of poses: what holds for every policy, around the demonstrations' final orientation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import MotionPolicy, load
from elcd_policy.demonstrations import DemonstrationSet

Saved = Callable[..., Path]


def test_a_policy_of_poses_is_a_policy(
    pose_policy: MotionPolicy, check_policy: Callable, tmp_path: Path
) -> None:
    check_policy(pose_policy, tmp_path)


def test_it_ends_at_the_mean_final_orientation_and_says_which(
    pose_policy: MotionPolicy,
    poses: Callable[..., DemonstrationSet],
    tmp_path: Path,
    saved: Saved,
) -> None:
    demos = poses(3)
    facts = load(saved(pose_policy, tmp_path / "pose.pt")).metadata
    np.testing.assert_allclose(facts.goal, [*demos.goal[:3], 0, 0, 0], atol=1e-9)
    assert facts.dimension == 6
    assert abs(facts.orientation.reference @ demos.orientation) == pytest.approx(1.0)
    moved, turned = np.split(np.stack([demo.resampled(100).position for demo in demos]), 2, axis=2)
    length = np.sqrt(np.mean((moved - demos.goal[:3]) ** 2) / np.mean(turned**2))
    assert facts.orientation.length == pytest.approx(length, rel=0.05)
    assert facts.orientation.margin == 0.2
