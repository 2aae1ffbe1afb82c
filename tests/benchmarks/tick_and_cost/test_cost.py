"""Training cost: what is trained on, and which rows make a curve."""

from __future__ import annotations

import numpy as np

from elcd_policy_benchmarks.tick_and_cost.cost import by, resampled, stacked


def test_shapes_are_stacked_to_any_even_dimension() -> None:
    for dimension in (2, 4, 32):
        task = stacked(dimension)
        assert (task.dimension, len(task)) == (dimension, 7)
        assert len({tuple(task[0].position[500, i : i + 2]) for i in range(0, dimension, 2)}) == (
            dimension // 2
        )


def test_other_samples_are_the_same_motion() -> None:
    task = stacked(2)
    finer = resampled(task, 3997)
    assert {len(demo.time) for demo in finer} == {3997}
    np.testing.assert_allclose(finer[0].position[::4], task[0].position, atol=1e-9)


def test_a_curve_keeps_the_other_size() -> None:
    rows = [
        {"dimension": d, "samples": n, "cpu_s": s}
        for d, n, s in ((2, 700, 1.0), (8, 700, 4.0), (4, 700, 2.0), (2, 7, 0.5))
    ]
    assert by(rows, "dimension") == {2: 1.0, 4: 2.0, 8: 4.0}
    assert by(rows, "samples") == {7: 0.5, 700: 1.0}
