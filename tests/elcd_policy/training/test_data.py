"""Training data: of unit scale and unit time, whatever the demonstrations' own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import TrainingError
from elcd_policy.training.data import TrainingData


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_positions_are_of_unit_scale_around_the_goal(dimension: int, arcs: Callable) -> None:
    demos = arcs(dimension)
    data = TrainingData.of(demos, 50)
    assert data.positions.shape == (3, 50, dimension)
    assert data.positions.dtype == torch.float32
    assert float((data.positions**2).mean()) == pytest.approx(1.0, abs=0.02)
    torch.testing.assert_close(
        data.positions[:, -1].mean(0), torch.zeros(dimension), atol=1e-6, rtol=0
    )
    starts = data.positions[:, 0].numpy() * data.scale + demos.goal
    np.testing.assert_allclose(starts, [demo.position[0] for demo in demos], atol=1e-4)


def test_metres_and_millimetres_are_the_same_to_it(arcs: Callable) -> None:
    small, large = (TrainingData.of(arcs(2, metres_per_unit=u), 50) for u in (1.0, 0.001))
    torch.testing.assert_close(small.positions, large.positions, atol=1e-6, rtol=0)
    assert large.scale / small.scale == pytest.approx(1000)


@pytest.mark.parametrize("metres_per_unit", [1.0, 0.001])
def test_positions_and_rotations_of_poses_weigh_the_same(
    arcs: Callable, metres_per_unit: float
) -> None:
    moved = arcs(3, metres_per_unit=metres_per_unit)
    turned = [np.linspace([0.4, 1.5, -0.3], [0, 0, 0], len(demo.time)) for demo in moved]
    poses = DemonstrationSet(
        [
            Demonstration(demo.time, np.hstack([demo.position, r]))
            for demo, r in zip(moved, turned, strict=True)
        ],
        orientation=[0, 0, 0, 1],
    )
    data = TrainingData.of(poses, 50)
    for part in (data.positions[..., :3], data.positions[..., 3:]):
        assert float((part**2).mean()) == pytest.approx(1.0, abs=0.02)
    assert data.scale[0] == data.scale[2] == pytest.approx(TrainingData.of(moved, 50).scale)
    assert (
        data.scale[3] == data.scale[5] == pytest.approx(np.sqrt(np.mean(np.square(turned))), 0.03)
    )
    still = poses[:1].demonstrations[0].position.copy()
    still[:, 3:] *= 1e-6
    still = DemonstrationSet([Demonstration(poses[0].time, still)], orientation=[0, 0, 0, 1])
    assert TrainingData.of(still, 50).scale[3:].tolist() == [0.05] * 3


def test_time_is_the_mean_clock_in_units_of_the_median_duration() -> None:
    position = np.linspace(10.0, 0.0, 20)[:, None]
    demos = [Demonstration(np.linspace(3.0, 3.0 + t, 20), position) for t in (2.0, 4.0, 12.0)]
    data = TrainingData.of(DemonstrationSet(demos), 11)
    assert data.duration == 4.0
    assert data.step == pytest.approx(6.0 / 4.0 / 10)


def test_what_does_not_move_can_not_be_learned() -> None:
    position = 1000.0 + 1e-10 * np.linspace(1.0, 0.0, 20)[:, None]
    still = DemonstrationSet([Demonstration(np.linspace(0, 1, 20), position)], source="still.csv")
    with pytest.raises(
        TrainingError, match=r"nothing moves in 'still\.csv': got all samples .*, expected a motion"
    ):
        TrainingData.of(still, 50)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    count=st.sampled_from([8, 64, 400]),
    last=st.integers(0, 40),
    push=st.just(0.0) | st.floats(1e-6, 2.0),
)
def test_starts_are_on_the_demonstrations_and_half_are_pushed(
    seed: int, count: int, last: int, push: float, arcs: Callable
) -> None:
    data = TrainingData.of(arcs(3), 50)
    draw = [
        data.draw_starts(count, last, push, torch.Generator().manual_seed(seed)) for _ in range(2)
    ]
    assert all(torch.equal(a, b) for a, b in zip(*draw, strict=True))
    demo, index, offset = draw[0]
    assert (demo.shape, index.shape, offset.shape) == ((count,), (count,), (count, 3))
    assert 0 <= int(demo.min()) <= int(demo.max()) < 3
    assert 0 <= int(index.min()) <= int(index.max()) <= last
    assert not index[: count // 4].any()
    assert float(offset.abs().max()) <= 7 * push
    if push > 0 and count == 400:
        pushed = int((offset != 0).any(1).sum())
        assert 130 < pushed < 270
