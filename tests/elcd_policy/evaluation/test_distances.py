"""Distances against slow and obvious versions of themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import dist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elcd_policy.errors import ShapeError
from elcd_policy.evaluation import (
    chamfer_dtwd,
    distance_to_path,
    dtw_distance,
    frechet_distance,
    rmse_time_aligned,
)

Array = np.ndarray

LENGTHS = st.integers(1, 9)
VALUES = st.floats(-100, 100)


def paths(n: int, d: int) -> st.SearchStrategy[Array]:
    return arrays(np.float64, (n, d), elements=VALUES)


PAIRS = st.tuples(LENGTHS, LENGTHS, st.integers(1, 4)).flatmap(
    lambda s: st.tuples(paths(s[0], s[2]), paths(s[1], s[2]))
)


def best_warping(a: Array, b: Array, combine: Callable[[float, float], float]) -> float:
    """The recursion as textbooks write it."""

    @cache
    def best(i: int, j: int) -> float:
        here = dist(a[i], b[j])
        if i == j == 0:
            return here
        steps = [(i - 1, j), (i, j - 1), (i - 1, j - 1)]
        return combine(here, min(best(*step) for step in steps if min(step) >= 0))

    return best(len(a) - 1, len(b) - 1)


@given(pair=PAIRS)
def test_dtw_is_the_cheapest_warping_per_reference_sample(pair: tuple[Array, Array]) -> None:
    path, reference = pair
    oracle = best_warping(path, reference, lambda x, y: x + y) / len(reference)
    assert dtw_distance(path, reference) == pytest.approx(oracle, rel=1e-12, abs=1e-12)


@given(pair=PAIRS)
def test_frechet_is_the_shortest_leash(pair: tuple[Array, Array]) -> None:
    oracle = best_warping(*pair, max)
    assert frechet_distance(*pair) == pytest.approx(oracle, rel=1e-12, abs=1e-12)
    assert frechet_distance(*pair) == frechet_distance(*pair[::-1])


@given(pair=PAIRS)
def test_chamfer_is_the_mean_nearest_distance_both_ways(pair: tuple[Array, Array]) -> None:
    def one_way(a: Array, b: Array) -> float:
        return sum(min(dist(x, y) for y in b) for x in a) / len(a)

    oracle = (one_way(*pair) + one_way(*pair[::-1])) / 2
    assert chamfer_dtwd(*pair) == pytest.approx(oracle, rel=1e-12, abs=1e-12)


@given(pair=PAIRS)
def test_distance_to_path_is_that_to_the_nearest_of_many_points_on_it(
    pair: tuple[Array, Array],
) -> None:
    points, path = pair
    shares = np.linspace(0.0, 1.0, 201)[:, None]
    dense = [a + shares * (b - a) for a, b in pairwise(path)] or [path]
    oracle = np.array([min(dist(p, q) for q in np.concatenate(dense)) for p in points])
    found = distance_to_path(points, path)
    longest = max((dist(a, b) for a, b in pairwise(path)), default=0.0)
    assert (found <= oracle + 1e-9).all()
    assert (found >= oracle - longest / 400 - 1e-9).all()


@given(a=paths(7, 3), b=paths(7, 3))
def test_rmse_is_of_simultaneous_samples(a: Array, b: Array) -> None:
    oracle = (sum(dist(x, y) ** 2 for x, y in zip(a, b, strict=True)) / 7) ** 0.5
    assert rmse_time_aligned(a, b) == pytest.approx(oracle, rel=1e-9, abs=1e-12)


@given(path=st.integers(1, 4).flatmap(lambda d: paths(6, d)))
def test_a_path_has_no_distance_from_itself(path: Array) -> None:
    for distance in (dtw_distance, frechet_distance, chamfer_dtwd, rmse_time_aligned):
        assert distance(path, path) == 0.0
    np.testing.assert_allclose(distance_to_path(path, path), 0.0, atol=1e-9)


def test_known_values() -> None:
    line = np.stack([np.arange(5.0), np.zeros(5)], axis=1)
    shifted = line + np.array([0.0, 3.0])
    for distance in (dtw_distance, frechet_distance, chamfer_dtwd, rmse_time_aligned):
        assert distance(shifted, line) == pytest.approx(3.0)
    halfway = distance_to_path([[1.5, 2.0], [-3.0, 4.0], [9.0, 0.0]], line)
    np.testing.assert_allclose(halfway, [2.0, 5.0, 5.0])


def test_only_chamfer_is_blind_to_direction() -> None:
    line = np.stack([np.linspace(0, 1, 50), np.zeros(50)], axis=1)
    assert chamfer_dtwd(line[::-1], line) == 0.0
    assert dtw_distance(line[::-1], line) > 0.4
    assert frechet_distance(line[::-1], line) == pytest.approx(1.0)


def test_dtw_forgives_speed_and_rmse_does_not() -> None:
    s = np.linspace(0, 1, 200)[:, None]
    assert dtw_distance(s**2, s) < 0.005
    assert rmse_time_aligned(s**2, s) > 0.15


def test_units_pass_through_and_long_inputs_work() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1500, 3)).cumsum(axis=1)
    for distance in (dtw_distance, frechet_distance, chamfer_dtwd, rmse_time_aligned):
        assert distance(1000 * a, 1000 * b) == pytest.approx(1000 * distance(a, b))
    assert distance_to_path(a, b[:100]).shape == (1500,)


def test_a_path_that_diverged_scores_no_number() -> None:
    line = np.stack([np.arange(5.0), np.zeros(5)], axis=1)
    broken = np.where(line == 3.0, np.nan, line)
    for distance in (dtw_distance, frechet_distance, chamfer_dtwd, rmse_time_aligned):
        assert not np.isfinite(distance(broken, line))


@pytest.mark.parametrize(
    ("a", "b"),
    [([1.0, 2.0], [[1.0]]), ([[1.0]], [[1.0, 2.0]]), (np.empty((0, 2)), [[1.0, 2.0]])],
)
def test_what_is_not_two_lists_of_points_is_refused(a: Array, b: Array) -> None:
    for distance in (dtw_distance, frechet_distance, chamfer_dtwd, rmse_time_aligned):
        with pytest.raises(ShapeError, match="got shapes"):
            distance(a, b)
    with pytest.raises(ShapeError, match="got shapes"):
        distance_to_path(a, b)


def test_rmse_refuses_unequal_lengths() -> None:
    with pytest.raises(ShapeError, match=r"got 3 and 2 samples.*same instants"):
        rmse_time_aligned(np.zeros((3, 2)), np.zeros((2, 2)))
