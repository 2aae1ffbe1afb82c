"""`elcd simulate`, run by the benchmark, and what its page says of that."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from elcd_policy import MotionPolicy, save
from elcd_policy_benchmarks.disturbances import subject
from elcd_policy_benchmarks.disturbances.subject import Job, figures, jobs, run, tables, trains
from elcd_policy_benchmarks.fingerprint import training_code
from elcd_policy_benchmarks.harness import facts, run_jobs
from elcd_policy_benchmarks.store import load_records
from elcd_policy_sim.arm import ENGINES

SHORT = "--robot point --duration 1 --physics-rate 500 --workers 1"
QUICK = [
    Job("campaigns", "elcd", f"{SHORT} --pushes 2"),
    Job("hold", "elcd", f"{SHORT} --episodes 1 --disturb 'hold time=0.2 duration=0.2'"),
]


@pytest.fixture(autouse=True)
def trained(
    trained: object, fit_once: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Policies that took no time to train, in place of the benchmark's."""
    policy = fit_once(2, "elcd")  # type: ignore[operator]
    assert isinstance(policy, MotionPolicy)
    save(policy, tmp_path / "quick.pt", certify=False)
    content = (tmp_path / "quick.pt").read_bytes()
    monkeypatch.setattr(subject, "train_policy", lambda field: content)


def test_commands_are_run_stored_and_shown(tmp_path: Path) -> None:
    outcome = run_jobs(
        QUICK, run, facts, tmp_path / "disturbances.jsonl", trains=trains, progress=False
    )
    assert outcome.failures == []
    records = load_records(tmp_path, "disturbances")
    assert {record["code"] for record in records} == {training_code()}
    found = tables(records)
    share = 100 * records[0]["simulated"]["recovered_share"]
    assert f"| point | ElcdField | 2 | {share:.3g} % |" in found["campaigns"]
    assert "| point | ElcdField | (i) | kinematic, to the goal | 2 |" in found["contraction"]
    assert "| ElcdField | " in found["compared, held"]
    assert found["sweep"] == found["compared, pushed"] == "Not run."
    drawn = figures(records)
    for name, draw in drawn.items():
        draw(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 5000
    assert set(drawn) == {
        "disturbance_paths.png",
        "disturbance_spread.png",
        "disturbance_compared_hold.png",
    }


def test_what_can_not_be_simulated_is_the_jobs_failure(tmp_path: Path) -> None:
    job = Job("campaigns", "elcd", "--robot nobody --pushes 1")
    outcome = run_jobs([job], run, facts, tmp_path / "r.jsonl", progress=False)
    assert "elcd simulate failed: got status 2" in outcome.failures[0]


def test_all_of_the_page_is_planned() -> None:
    planned = jobs()
    assert len(planned) == 11
    assert {job.part for job in planned} == set(subject.COMMANDS)


def test_engines_are_compared_on_the_same_episodes(tmp_path: Path) -> None:
    for engine in ENGINES:
        if find_spec(engine) is None:
            pytest.skip(f"{engine} is not installed")
    same = [Job("engines", "elcd", f"{SHORT} --pushes 1 --engine {engine}") for engine in ENGINES]
    run_jobs(same, run, facts, tmp_path / "disturbances.jsonl", trains=trains, progress=False)
    rows = tables(load_records(tmp_path, "disturbances"))["engines"].splitlines()
    assert "| point | pybullet 3" in rows[-2]
    assert "| point | mujoco " in rows[-1]
    assert rows[-2].endswith("| - |")
    assert rows[-1].endswith("| 0.0 |")
