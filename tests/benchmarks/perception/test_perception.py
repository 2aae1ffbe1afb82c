"""What is measured of a detector of the goal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elcd_policy_benchmarks.harness import facts, run_jobs
from elcd_policy_benchmarks.perception import goal
from elcd_policy_benchmarks.perception.jobs import GoalJob
from elcd_policy_benchmarks.perception.subject import jobs, run, tables
from elcd_policy_benchmarks.store import load_records


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"EMPTY": 3, "NOISE": (0.0, 40.0), "DEEPER": (1, 4), "CAP": 9}.items():
        monkeypatch.setattr(goal, name, value)


def test_a_detector_is_measured_and_stored(small: None, tmp_path: Path) -> None:
    output = tmp_path / "perception.jsonl"
    planned = jobs(parts=["goal"], scenes=20)
    assert run_jobs(planned, run, facts, output, progress=False).failures == []
    (record,) = load_records(tmp_path, "perception")
    assert (record["net"], record["name"], record["measured_on"]) == ("nais", "red_box.pt", 20)
    assert record["noise"]["0"]["median_mm"] < 4.0
    assert record["noise"]["0"]["p95_mm"] < record["noise"]["40"]["p95_mm"]
    assert record["depth"] == 5
    assert record["deeper"]["1"]["found"] > 0.8
    assert all(0 < steps <= 9 for block in record["steps_5_50_95"] for steps in block)
    assert 0.0 <= record["false_positives"] <= 1.0
    found = tables([record])
    assert f"| NAIS-Net | 0 | 10850 | {record['noise']['0']['median_mm']:.1f} |" in found["goal"]
    assert found["goal seen"] == f"{20 - record['hidden']} of 20"
    assert found["digits"] == "Not run."


def test_a_detector_that_is_not_there_fails_its_job(tmp_path: Path) -> None:
    planned = jobs(parts=["goal"], detectors=["/nowhere.pt"])[1:]
    assert isinstance(planned[0], GoalJob)
    outcome = run_jobs(planned, run, facts, tmp_path / "r.jsonl", progress=False)
    assert "no detector file at /nowhere.pt" in outcome.failures[0]
    assert json.loads((tmp_path / "r.jsonl").read_text())["job"]["name"] == "nowhere.pt"
