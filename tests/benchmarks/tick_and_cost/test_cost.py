"""Training cost: what is trained on, and which rows make a curve."""

from __future__ import annotations

import numpy as np

from elcd_policy import TrainingSettings
from elcd_policy_benchmarks.fingerprint import training_code
from elcd_policy_benchmarks.tick_and_cost.cost import measure_cost, resample, stack_shapes
from elcd_policy_benchmarks.tick_and_cost.figures import by
from elcd_policy_benchmarks.tick_and_cost.tables import beside_table, cost_table, targets

TINY = TrainingSettings(linear_steps=1, shooting_steps=1, couplings=1, width=4, draws=1)


def test_shapes_are_stacked_to_any_even_dimension() -> None:
    for dimension in (2, 4, 32):
        task = stack_shapes(dimension)
        assert (task.dimension, len(task)) == (dimension, 7)
        assert len({tuple(task[0].position[500, i : i + 2]) for i in range(0, dimension, 2)}) == (
            dimension // 2
        )


def test_other_samples_are_the_same_motion() -> None:
    task = stack_shapes(2)
    finer = resample(task, 3997)
    assert {len(demo.time) for demo in finer} == {3997}
    np.testing.assert_allclose(finer[0].position[::4], task[0].position, atol=1e-9)


def test_a_curve_keeps_the_other_size() -> None:
    rows = [
        {"dimension": d, "samples": n, "cpu_s": s}
        for d, n, s in ((2, 700, 1.0), (8, 700, 4.0), (4, 700, 2.0), (2, 7, 0.5))
    ]
    assert by(rows, "dimension") == {2: 1.0, 4: 2.0, 8: 4.0}
    assert by(rows, "samples") == {7: 0.5, 700: 1.0}


def test_each_size_is_timed() -> None:
    result = measure_cost([2, 4], [100], settings=TINY, progress=False)
    assert "beside" not in result
    rows = [(row["dimension"], row["samples"]) for row in result["rows"]]
    assert rows == [(2, 7000), (4, 7000), (2, 700)]
    assert min(row["cpu_s"] for row in result["rows"]) > 0
    table = cost_table({**result, "code": training_code()}).splitlines()
    assert table[2:] == [
        f"| {r['dimension']} | {r['samples']} | {r['cpu_s']:.1f} |" for r in result["rows"]
    ]


def test_training_is_judged_beside_the_peers() -> None:
    record = {"code": "b2", "beside": [{"shape": "Angle", "cpu_s": 10.0, "eflow_cpu_s": 40.0}]}
    beside, *_ = targets(None, record)
    assert (beside.measured, beside.met) == ("10.0 / 40.0 s = 0.25 (1 shapes) (code b2)", True)
    assert "| Angle (code b2) | 10.0 | 40.0 | 0.25 |" in beside_table(record)
