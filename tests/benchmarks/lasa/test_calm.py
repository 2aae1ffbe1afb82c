"""Calm off the demonstrations as the benchmark measures and judges it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from elcd_policy_benchmarks.lasa.calm_tables import calm_table, calm_targets
from elcd_policy_benchmarks.lasa.run import run
from elcd_policy_benchmarks.lasa.summary import Results


def rows(excursion: float = 0.1, speed: float = 2.0) -> list[dict[str, Any]]:
    return [
        {
            "margin": margin,
            "excursion": [0.0, excursion, 2 * excursion],
            "speed": [1.0, speed, 1.5 * speed],
            "arrived": 1.0,
        }
        for margin in (0.15, 0.5, 1.0)
    ]


def test_a_run_measures_three_margins_and_the_ball(quick_jobs: Callable) -> None:
    result = run(next(job for job in quick_jobs() if job.method == "elcd"))
    assert [row["margin"] for row in result["calm"]] == [0.15, 0.5, 1.0]
    for row in result["calm"]:
        assert 0.0 <= row["excursion"][0] <= row["excursion"][1] <= row["excursion"][2]
        assert 0.0 < row["speed"][0] <= row["speed"][1] <= row["speed"][2]
        assert 0.0 <= row["arrived"] <= 1.0
    # The ball holds the motions themselves.
    assert result["ball"]["farthest"] >= 0.999
    assert result["ball"]["speed"] > 0.0


def test_the_worst_run_counts_and_several_patterns_stand_by_themselves(record: Callable) -> None:
    ball = {"farthest": 3.0, "speed": 10.0}
    runs = [
        record(shape="Angle", calm=rows(), ball=ball),
        record(shape="Worm", calm=rows(excursion=0.2), ball={"farthest": 5.0, "speed": 50.0}),
        record(shape="Multi_Models_1", calm=rows(speed=4.0), ball=ball, dtw=9.0),
        record(shape="Line"),  # of before these figures
    ]
    lines = calm_table(Results(runs)).splitlines()[2:]
    assert len(lines) == 2
    assert lines[0].startswith("| ELCD field | 2 x 1 | 0 / 0.2 / 0.4 | 1 / 2 / 3 |")
    assert lines[0].endswith("| 100.0 | 4 / 5 | 30 / 50 |")
    assert lines[1].startswith("| ELCD field, Multi_Models | 1 x 1 | 0 / 0.1 / 0.2 | 1 / 4 / 6 |")


def test_one_bad_run_misses_a_bar_and_few_good_ones_leave_it_open(record: Callable) -> None:
    ball = {"farthest": 3.0, "speed": 50.0}
    found = {
        target.name: target
        for target in calm_targets(Results([record(calm=rows(excursion=0.2), ball=ball)]))
    }
    assert found["excursion-99"].met is False
    assert found["excursion-99"].measured.startswith("largest 0.2 (Line), 1 above")
    assert found["haste-99"].met is None
    assert found["ball-farthest"].met is None
    assert found["ball-speed"].met is False
    assert found["several"].measured == "not run"
