"""Excursions: how far motions leave the box of workspace and start, how fast they get."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import ShapeError
from elcd_policy.evaluation import measure_excursions, starts_around
from elcd_policy.policy import sample_times

RATE = 5.0  # per s


class Swing:
    """Decays to the origin at `RATE`, and turns on the way by ``turn`` rad in all."""

    dimension = 2

    def __init__(self, turn: float = 0.0) -> None:
        self.turn = turn

    def rollout(
        self, x0: ArrayLike, duration: float, dt: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        time = sample_times(duration, dt)
        share = np.exp(-RATE * time)
        angle = self.turn * (1 - share)
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return time, np.einsum("ijk,nj,k->kni", turned, np.asarray(x0), share)


class Decay(Swing):
    def velocity(self, x: ArrayLike) -> NDArray[np.float64]:
        return -RATE * np.asarray(x)


@pytest.fixture
def demos() -> DemonstrationSet:
    """From (30, 40) straight to the origin: a workspace with a diagonal of 50."""
    time = np.linspace(0.0, 2.0, 401)
    return DemonstrationSet([Demonstration(time, np.outer(np.exp(-RATE * time), [30.0, 40.0]))])


def test_straight_ways_stay_in_the_box_and_are_faster_in_proportion(
    demos: DemonstrationSet,
) -> None:
    found = measure_excursions(Decay(), demos, [[30.0, 40.0], [60.0, 80.0], [-15.0, 20.0]])
    assert found.distance.max() < 1e-4  # the demonstration itself stops short of the origin
    np.testing.assert_allclose(found.speed, [1.0, 2.0, 0.5], rtol=0.03)
    assert found.end.max() < 1e-4


def test_a_swing_is_measured_in_diagonals(demos: DemonstrationSet) -> None:
    found = measure_excursions(Swing(turn=3.0), demos, [[0.0, 50.0]])
    # Where cos(turn (1 - share)) falls below 0 the motion is on the other side of the axis.
    time = np.linspace(0.0, 4.0, 200_001)
    share = np.exp(-RATE * time)
    x = -50 * np.sin(3 * (1 - share)) * share
    y = 50 * np.cos(3 * (1 - share)) * share
    out = np.hypot(np.minimum(x, 0), np.minimum(y, 0)).max() / 50
    assert float(found.distance[0]) == pytest.approx(out, rel=0.01)
    assert out > 0.2


def test_without_a_velocity_speed_is_that_of_the_path(demos: DemonstrationSet) -> None:
    start = [[30.0, 40.0]]
    by_path, by_field = (measure_excursions(p, demos, start).speed for p in (Swing(), Decay()))
    np.testing.assert_allclose(by_path, by_field, rtol=0.1)


def test_starts_are_a_grid_in_the_plane(demos: DemonstrationSet) -> None:
    starts = starts_around(demos, 0.5)
    assert starts.shape == (400, 2)
    lower, upper = demos.workspace
    np.testing.assert_allclose(starts.min(axis=0), lower - 0.5 * (upper - lower))
    np.testing.assert_allclose(starts.max(axis=0), upper + 0.5 * (upper - lower))


@pytest.mark.parametrize("dimension", [1, 3, 8])
def test_starts_are_at_uniform_distances_in_other_dimensions(
    dimension: int, arcs: Callable
) -> None:
    demos = arcs(dimension)
    starts = starts_around(demos, 0.5)
    samples = np.concatenate([demo.position for demo in demos])
    apart = np.linalg.norm(starts[:, None] - samples, axis=-1).min(axis=1)
    lower, upper = demos.workspace
    share = apart / np.linalg.norm(upper - lower)
    assert share.max() < 0.51
    if dimension > 1:
        assert 0.15 < np.median(share) < 0.3
    np.testing.assert_array_equal(starts, starts_around(demos, 0.5))


def test_poses_count_positions_and_rotations_alike(poses: Callable, arcs: Callable) -> None:
    demos = poses()
    starts = starts_around(demos, 1.0)
    assert starts.shape == (400, 6)
    lower, upper = demos.workspace
    extent = upper - lower
    beyond = np.abs(starts - (lower + upper) / 2).max(axis=0)
    for part in (slice(0, 3), slice(3, 6)):
        assert beyond[part].max() > 0.5 * np.linalg.norm(extent[part])
    with pytest.raises(ShapeError, match="does not fit the policy"):
        measure_excursions(Decay(), arcs(3), np.zeros((1, 3)))
