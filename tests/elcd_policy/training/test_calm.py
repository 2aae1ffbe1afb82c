"""Calm away from the demonstrations: where training looks, what it asks, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy import TrainingSettings, fit, load_demonstrations
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.evaluation import measure_excursions, starts_around
from elcd_policy.fields import FIELDS
from elcd_policy.training.calm import (
    BALL_REACH,
    BALL_WORST,
    CALM_SPEED,
    INSTANT,
    PACE,
    TOLERANCE,
    ball_loss,
    draw_ball,
    draw_far_starts,
    far_loss,
    haste_loss,
)
from elcd_policy.training.data import TrainingData

SHORT = TrainingSettings(linear_steps=160, shooting_steps=60, draws=1)


@settings(max_examples=20, deadline=None)
@given(
    dimension=st.sampled_from([1, 2, 6]),
    last=st.integers(0, 44),
    reach=st.floats(0.0, 2.0),
    seed=st.integers(0, 2**31),
)
def test_far_starts_are_within_reach_and_leave_time_to_arrive(
    dimension: int, last: int, reach: float, seed: int, arcs: Callable
) -> None:
    data = TrainingData.of(arcs(dimension), 50)
    generator = torch.Generator().manual_seed(seed)
    start, index = draw_far_starts(data, 200, last, reach, generator)
    assert (start.shape, index.shape) == ((200, dimension), (200,))
    assert 0 <= int(index.min()) <= int(index.max()) <= last
    apart = torch.cdist(start, data.positions.flatten(0, 1)).amin(dim=1)
    # In float32, whose distances are a difference of squares here.
    assert float(apart.max()) <= reach * data.diagonal + 2e-3
    left = data.step * (49 - index)
    late = start.norm(dim=1) > PACE * data.peak * left * (1 + 1e-5)
    assert not late[index > 0].any()


@pytest.mark.parametrize("dimension", [2, 8])
def test_far_starts_are_as_far_in_many_dimensions_as_in_two(dimension: int, arcs: Callable) -> None:
    data = TrainingData.of(arcs(dimension), 50)
    start, _ = draw_far_starts(data, 4000, 44, 1.0, torch.Generator().manual_seed(0))
    apart = torch.cdist(start, data.positions.flatten(0, 1)).amin(dim=1) / data.diagonal
    assert 0.25 < float(apart.median()) < 0.5


@given(dimension=st.integers(1, 8), radius=st.floats(0.1, 10.0), seed=st.integers(0, 2**31))
def test_a_ball_is_looked_at_on_its_surface_and_within(
    dimension: int, radius: float, seed: int
) -> None:
    ball = draw_ball(torch.tensor(radius), 64, dimension, torch.Generator().manual_seed(seed))
    size = ball.norm(dim=1) / radius
    assert float(size.max()) < 1 + 1e-5
    assert int((size > 1 - 1e-5).sum()) >= 32


def test_demonstrated_speeds_cost_nothing_and_more_by_the_logarithm(arcs: Callable) -> None:
    data = TrainingData.of(arcs(2), 50)
    assert float(haste_loss(data.positions, data.step, data)) == 0.0
    fast = haste_loss(data.positions[:, ::2] * (CALM_SPEED + 1), data.step * 2, data)
    assert float(fast) == pytest.approx(math.log(2), rel=0.05)


def test_a_latent_ball_costs_beyond_its_reach(arcs: Callable) -> None:
    data = TrainingData.of(arcs(2), 50)
    far = torch.tensor([[BALL_REACH, 0.0], [0.0, BALL_REACH + math.e - 1]]) * data.reach
    assert float(ball_loss(far[:1], far[:1], data)) == pytest.approx(0.0, abs=1e-6)
    assert float(ball_loss(far, far, data)) == pytest.approx(0.5 + BALL_WORST, abs=1e-5)
    jump = torch.tensor([[1e3 * INSTANT * data.step * data.peak, 0.0]])
    here = torch.zeros(1, 2)
    assert float(ball_loss(here, here + jump, data)) > 4.0


def test_a_rough_following_of_far_starts_is_enough(arcs: Callable) -> None:
    data = TrainingData.of(arcs(2), 50)
    start = data.positions[0, :1] + torch.tensor([[0.0, data.diagonal]])
    index = torch.zeros(1, dtype=torch.long)
    away = float((start - data.positions[:, 0]).norm(dim=-1).min()) / data.diagonal
    free = TOLERANCE * away**2 * data.diagonal
    assert float(far_loss(torch.tensor([[0.99 * free]]), start, index, data)) == 0.0
    assert float(far_loss(torch.tensor([[free + 0.5]]), start, index, data)) == pytest.approx(0.5)


def shown(source: str, arcs: Callable) -> DemonstrationSet:
    return arcs(3) if source == "arcs" else load_demonstrations(source)[:4]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("source", ["arcs", "lasa:Angle"])
def test_motions_from_around_neither_swing_out_nor_rush(
    source: str, field: str, arcs: Callable
) -> None:
    demos = shown(source, arcs)
    policy = fit(demos, field, settings=SHORT, progress=False)
    found = measure_excursions(policy, demos, starts_around(demos, 0.5))
    # After a fifth of the default steps.
    assert np.percentile(found.distance, 99) < 0.3
    assert found.speed.max() < 5.0
    assert found.end.max() < 0.05


def test_a_field_trained_beside_the_demonstrations_alone_folds() -> None:
    """What the test above would otherwise find: tens of diagonals, a hundred times the speed."""
    demos = load_demonstrations("lasa:Angle")[:4]
    blind = replace(SHORT, far=0, ball=0)
    policy = fit(demos, settings=blind, progress=False)
    found = measure_excursions(policy, demos, starts_around(demos, 0.5))
    assert np.percentile(found.distance, 99) > 3.0
    assert found.speed.max() > 20.0
