"""One job: from demonstrations to a record that says all about it."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from elcd_policy import TrainingSettings, evaluate, fit
from elcd_policy.demonstrations import load_lasa
from elcd_policy_benchmarks.lasa.baselines import BASELINES
from elcd_policy_benchmarks.lasa.run import run


def test_a_record_says_what_was_done_and_how_well(
    quick_jobs: Callable, quick: TrainingSettings
) -> None:
    job = next(job for job in quick_jobs() if job.method == "elcd")
    record = json.loads(json.dumps(run(job), allow_nan=False))
    assert [row["demonstration"] for row in record["scores"]] == [4, 5, 6]
    assert 0.0 <= record["converged"] <= 1.0
    assert record["cpu_s"] > 0
    assert record["rate_times_duration"] == 4.0
    assert "drawing" not in record
    assert len(record["pushes"]["rows"]) == 6
    assert (record["dimension"], record["units"]) == (2, "mm")
    # The figures are those of a policy anyone can train.
    line = load_lasa("Line")
    policy = fit(line[:4], "elcd", settings=quick, seed=0, progress=False)
    for row, score in zip(record["scores"], evaluate(policy, line[4:7]), strict=True):
        assert row["dtw"] == pytest.approx(score.dtw, rel=1e-4)


def test_the_check_shows_the_last_four_and_scores_the_first_three(
    quick_jobs: Callable, quick: TrainingSettings
) -> None:
    line = load_lasa("Line")
    policy = fit(line[3:7], "elcd", settings=quick, seed=0, progress=False)
    jobs = {job.method: job for job in quick_jobs(parts=["e"])}
    for method, scores in (
        ("elcd", evaluate(policy, line[:3])),
        ("mean", BASELINES["mean"](line[3:7], line[:3])),
    ):
        rows = run(jobs[method])["scores"]
        assert [row["demonstration"] for row in rows] == [0, 1, 2]
        for row, score in zip(rows, scores, strict=True):
            assert row["dtw"] == pytest.approx(score.dtw, rel=1e-4)


def test_the_first_field_of_all_demonstrations_can_be_drawn(quick_jobs: Callable) -> None:
    job = next(job for job in quick_jobs(parts=["b"]) if job.method == "elcd")
    record = run(job)
    assert len(record["scores"]) == 7
    drawing = record["drawing"]
    assert np.shape(drawing["rollouts"]) == (7, 60, 2)
    assert len(drawing["velocity"]) == 24 * 24 * 2
    assert len(json.dumps(drawing)) < 20_000


def test_baselines_have_scores_only(quick_jobs: Callable) -> None:
    for job in quick_jobs(fields=[]):
        record = run(job)
        assert len(record["scores"]) == 3
        assert not {"converged", "cpu_s", "settings"} & set(record)
