"""The share of a workspace from which the goal is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from elcd_policy_benchmarks.lasa.convergence import converged_share, starts_around


class Decay:
    """Towards a goal at a known rate, in 1/s."""

    def __init__(self, goal: Any, rate: float) -> None:
        self.goal, self.rate, self.dimension = np.asarray(goal), rate, len(goal)

    def rollout(self, x0: Any, duration: float, dt: float) -> tuple[np.ndarray, np.ndarray]:
        time = np.array([0.0, duration])
        fade = np.exp(-self.rate * time)[:, None, None]
        return time, self.goal + fade * (np.asarray(x0) - self.goal)


def test_the_grid_reaches_fifteen_percent_beyond_the_workspace(arcs: Callable) -> None:
    demonstrations = arcs(2)
    lower, upper = demonstrations.workspace
    starts = starts_around(demonstrations)
    assert starts.shape == (256, 2)
    assert len(np.unique(starts.round(9), axis=0)) == 256
    np.testing.assert_allclose(starts.min(axis=0), lower - 0.15 * (upper - lower))
    np.testing.assert_allclose(starts.max(axis=0), upper + 0.15 * (upper - lower))


@pytest.mark.parametrize("dimension", [1, 4])
def test_other_dimensions_have_as_many_starts(dimension: int, arcs: Callable) -> None:
    demonstrations = arcs(dimension)
    lower, upper = demonstrations.workspace
    starts = starts_around(demonstrations)
    assert starts.shape == (256, dimension)
    assert (starts >= lower - 0.15 * (upper - lower)).all()
    assert (starts <= upper + 0.15 * (upper - lower)).all()
    np.testing.assert_array_equal(starts, starts_around(demonstrations))


@pytest.mark.parametrize("rate", [0.0, 0.6, 10.0])
def test_those_within_two_millimetres_after_twice_the_duration_count(
    rate: float, arcs: Callable
) -> None:
    demonstrations = arcs(2)
    goal = demonstrations.goal
    away = np.linalg.norm(starts_around(demonstrations) - goal, axis=1)
    expected = np.mean(away * np.exp(-rate * 2 * demonstrations.duration) <= 2.0)
    share = converged_share(Decay(goal, rate), goal, demonstrations)
    assert share == expected
    assert (rate == 10.0) == (share == 1.0)


def test_other_units_are_judged_by_the_size_of_the_workspace(arcs: Callable) -> None:
    demonstrations = arcs(3, metres_per_unit=1.0)
    lower, upper = demonstrations.workspace
    goal = demonstrations.goal
    for gap, share in ((0.039, 1.0), (0.041, 0.0)):
        beside = goal + np.eye(3)[0] * gap * (upper - lower).max()
        assert converged_share(Decay(beside, 50.0), goal, demonstrations) == share


def test_a_policy_that_goes_elsewhere_does_not_converge(arcs: Callable) -> None:
    demonstrations = arcs(2)
    goal = demonstrations.goal
    assert converged_share(Decay(goal + 3.0, 10.0), goal, demonstrations) == 0.0
