"""Alignment: equal samples are equal phases, on the mean clock."""

from __future__ import annotations

import numpy as np
import pytest

from elcd_policy import load_demonstrations
from elcd_policy.training.alignment import aligned

SHARE = np.linspace(0.0, 1.0, 100)


def corner(share: np.ndarray) -> np.ndarray:
    """Along two sides of a square at even speed; the corner is passed at a half."""
    return np.stack([np.minimum(2 * share, 1.0), np.maximum(2 * share - 1, 0.0)], axis=1)


def test_a_corner_passed_at_different_instants_stays_sharp() -> None:
    early, late = SHARE**0.7, SHARE**1.4
    motions = np.stack([corner(early), corner(late)])
    positions, duration = aligned(motions, np.array([2.0, 4.0]))
    sharp = np.array([1.0, 0.0])
    blurred = np.linalg.norm(motions.mean(axis=0) - sharp, axis=1).min()
    kept = np.linalg.norm(positions.mean(axis=0) - sharp, axis=1).min()
    assert blurred > 0.1
    assert kept < 0.05
    assert duration == pytest.approx(3.0)
    np.testing.assert_allclose(positions[:, [0, -1]], motions[:, [0, -1]], atol=1e-12)


def test_equal_motions_only_share_their_clock() -> None:
    motions = np.stack([corner(SHARE)] * 3)
    positions, duration = aligned(motions, np.array([1.0, 2.0, 6.0]))
    np.testing.assert_allclose(positions, motions, atol=2e-3)
    assert duration == pytest.approx(3.0)


def test_one_motion_is_left_alone() -> None:
    motions = corner(SHARE)[None]
    positions, duration = aligned(motions, np.array([5.0]))
    np.testing.assert_array_equal(positions, motions)
    assert duration == 5.0


@pytest.mark.parametrize("shape", ["WShape", "Angle", "Multi_Models_2"])
def test_aligned_handwriting_lies_closer_together_on_the_same_paths(shape: str) -> None:
    demonstrations = load_demonstrations(f"lasa:{shape}")
    motions = np.stack([demo.resampled(100).position for demo in demonstrations])
    positions, _ = aligned(motions, np.array([demo.duration for demo in demonstrations]))

    def spread(x: np.ndarray) -> float:
        return float(np.linalg.norm(x - x.mean(axis=0), axis=-1).mean())

    assert spread(positions) < spread(motions)
    for warped, drawn in zip(positions, motions, strict=True):
        nearest = np.linalg.norm(warped[:, None] - drawn[None], axis=-1).min(axis=1)
        assert nearest.max() < 1.0
