"""Each baseline follows the demonstrations when nothing pushes it."""

from __future__ import annotations

import pickle
from functools import cache

import numpy as np
import pytest

from elcd_policy import TrainingSettings
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.evaluation import distance_to_path
from elcd_policy_sim import Motion
from elcd_policy_sim.baselines import CloningMotion, PrimitiveMotion, ReplayMotion

DURATION, DT = 2.0, 0.01
NAMES = ("replay", "primitive", "cloning")


@cache
def demonstrations() -> DemonstrationSet:
    """Three arcs of about 80 mm, 1 mm apart, that end at [10, 20] mm."""
    time = np.linspace(0.0, DURATION, 120)
    share = time / DURATION
    smooth = share**2 * (3 - 2 * share)
    motions = []
    for index in range(3):
        x = 10.0 - 60.0 * (1 - smooth)
        y = 20.0 + (25.0 + index) * np.sin(np.pi * smooth) + index * (1 - smooth)
        motions.append(Demonstration(time, np.stack([x, y], axis=1), f"arc {index}"))
    return DemonstrationSet(motions, units="mm")


@cache
def motion(name: str) -> Motion:
    if name == "primitive":
        pytest.importorskip("movement_primitives")
        return PrimitiveMotion(demonstrations())
    if name == "replay":
        return ReplayMotion(demonstrations())
    few = TrainingSettings(linear_steps=300, shooting_steps=0, batch=4)
    return CloningMotion(demonstrations(), 400, seed=1, settings=few)


def follow(motion: Motion, start: np.ndarray, duration: float, push: float = 0.0) -> np.ndarray:
    """Positions [K, 2] of a point that moves as it is told, displaced by ``push`` at half time."""
    x = np.array(start, dtype=float)
    motion.begin(x)
    path = [x]
    for tick in range(round(duration / DT)):
        x = x + DT * motion.velocity(tick * DT, x)
        if tick == round(0.5 * DURATION / DT):
            x = x + np.array([0.0, push])
        path.append(x)
    return np.array(path)


def deviation(path: np.ndarray) -> np.ndarray:
    return np.min([distance_to_path(path, demo.position) for demo in demonstrations()], axis=0)


@pytest.mark.parametrize(("name", "limit"), [("replay", 0.5), ("primitive", 1.0), ("cloning", 5.0)])
def test_it_follows_the_demonstrations(name: str, limit: float) -> None:
    path = follow(motion(name), demonstrations()[0].position[0], DURATION)
    assert deviation(path).max() < limit


@pytest.mark.parametrize("name", ["replay", "primitive"])
def test_what_goes_by_the_clock_comes_back_and_ends_at_the_goal(name: str) -> None:
    path = follow(motion(name), demonstrations()[0].position[0], 2 * DURATION, push=15.0)
    assert deviation(path).max() > 10.0
    np.testing.assert_allclose(path[-1], [10.0, 20.0], atol=1.0)


@pytest.mark.parametrize("name", ["replay", "primitive"])
def test_what_goes_by_the_clock_does_not_wait(name: str) -> None:
    """Called only after the motion's time is up, it goes straight to the goal."""
    held = motion(name)
    start = demonstrations()[0].position[0]
    held.begin(start)
    for tick in range(round(DURATION / DT)):
        held.velocity(tick * DT, start)
    velocity = held.velocity(1.5 * DURATION, start)
    straight = np.array([10.0, 20.0]) - start
    cosine = velocity @ straight / np.linalg.norm(velocity) / np.linalg.norm(straight)
    assert cosine > 0.999
    assert np.linalg.norm(velocity) > 100.0  # mm/s; demonstrated are 55 at most


@pytest.mark.parametrize("name", NAMES)
def test_a_moved_goal_is_gone_to_and_forgotten(name: str) -> None:
    moved, start = motion(name), demonstrations()[0].position[0]
    before = follow(moved, start, DURATION)
    moved.begin(start)
    goal = moved.get_goal()
    np.testing.assert_allclose(goal, [10.0, 20.0], atol=1e-9)
    moved.set_goal(goal + 5.0)
    np.testing.assert_allclose(moved.get_goal(), goal + 5.0, atol=1e-9)
    velocity = moved.velocity(0.01, start + 5.0)
    assert np.isfinite(velocity).all()
    np.testing.assert_array_equal(follow(moved, start, DURATION), before)


@pytest.mark.parametrize("name", NAMES)
def test_it_survives_the_way_to_a_worker(name: str) -> None:
    copy = pickle.loads(pickle.dumps(motion(name)))
    start = demonstrations()[1].position[0]
    np.testing.assert_array_equal(follow(copy, start, 1.0), follow(motion(name), start, 1.0))


def test_cloning_has_the_parameters_asked_for_and_one_seed_one_network() -> None:
    few = TrainingSettings(linear_steps=3, shooting_steps=0, batch=4)
    one = CloningMotion(demonstrations(), 1776, seed=3, settings=few)
    assert abs(one.parameters - 1776) < 60
    two = CloningMotion(demonstrations(), 1776, seed=3, settings=few)
    other = CloningMotion(demonstrations(), 1776, seed=4, settings=few)
    x = np.array([-20.0, 30.0])
    np.testing.assert_array_equal(one.velocity(0.0, x), two.velocity(0.0, x))
    assert np.abs(one.velocity(0.0, x) - other.velocity(0.0, x)).max() > 1e-3
