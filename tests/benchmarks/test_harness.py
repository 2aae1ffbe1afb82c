"""Many jobs: resumed, in parallel, with failures told apart from results."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from elcd_policy.errors import ElcdError, ParameterError
from elcd_policy_benchmarks import harness
from elcd_policy_benchmarks.fingerprint import training_code
from elcd_policy_benchmarks.harness import facts, place, run_jobs
from elcd_policy_benchmarks.lasa.jobs import trains
from elcd_policy_benchmarks.lasa.run import run
from elcd_policy_benchmarks.store import read_records, sole_writer


@dataclass(frozen=True)
class Root:
    """A job of no time: the square root of a number."""

    part: str
    number: float
    where: str = place()


def root(job: Root) -> dict[str, Any]:
    """Return it, unless something is wrong."""
    if job.number == 13:
        raise ModuleNotFoundError("no module", name="sqrt.fast")
    return {"root": job.number**0.5 if job.number >= 0 else float("nan")}


ROOTS = [Root("roots", number) for number in (1.0, 4.0, 9.0)]


def run_roots(jobs: list[Root], path: Path, **options: Any) -> harness.Outcome:
    return run_jobs(jobs, root, facts, path, progress=False, **options)


def test_what_is_finished_is_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "roots.jsonl"
    first = run_roots(ROOTS[:2], path)
    assert (first.ran, first.skipped, first.failures) == (2, 0, [])
    # Where something lies does not tell jobs apart.
    moved = [replace(job, where="elsewhere") for job in ROOTS]
    again = run_roots(moved, path)
    assert (again.ran, again.skipped) == (1, 2)
    records = read_records(path)
    assert [record["result"]["root"] for record in records] == [1.0, 2.0, 3.0]
    assert records[0]["job"] == {"part": "roots", "number": 1.0}
    assert set(records[0]) == {"job", "machine", "versions", "result"}
    assert run_roots(ROOTS, path, again=True).ran == 3


def test_what_fails_is_stored_and_due_again(tmp_path: Path) -> None:
    path = tmp_path / "roots.jsonl"
    for _ in range(2):
        outcome = run_roots([ROOTS[0], Root("roots", -1.0)], path)
        (line,) = outcome.failures
        assert line.startswith("part roots, number -1.0: ValueError: Out of range float values")
    assert (outcome.ran, outcome.skipped) == (1, 1)
    assert ["error" in record for record in read_records(path)] == [False, True, True]


def test_a_missing_package_ends_the_run_with_the_line_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(ElcdError, match=r"'sqrt' is not installed; .*elcd_policy\[benchmarks\]"):
        run_roots([Root("roots", 13.0)], tmp_path / "roots.jsonl")


def test_a_result_of_other_training_code_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "roots.jsonl"
    assert run_roots(ROOTS, path, trains=lambda job: job.number > 1).ran == 3
    codes = [record.get("code") for record in read_records(path)]
    assert codes == [None, training_code(), training_code()]
    monkeypatch.setattr(harness, "training_code", lambda: "another")
    again = run_roots(ROOTS, path, trains=lambda job: job.number > 1)
    assert (again.ran, again.skipped) == (2, 1)
    assert [record["code"] for record in read_records(path)[3:]] == ["another"] * 2


def test_two_runs_on_one_file_write_no_job_twice(tmp_path: Path) -> None:
    path = tmp_path / "roots.jsonl"
    with sole_writer(path), pytest.raises(ParameterError, match="another run is writing to"):
        run_roots(ROOTS, path)
    assert read_records(path) == []


def test_a_foreign_file_is_refused_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("t,x,y\n")
    with pytest.raises(ParameterError, match="does not hold results"):
        run_roots(ROOTS, path)
    with pytest.raises(ParameterError, match="no worker: got 0"):
        run_roots(ROOTS, tmp_path / "new.jsonl", workers=0)


def test_processes_give_what_this_one_gives(quick_jobs: Callable, tmp_path: Path) -> None:
    jobs = [job for job in quick_jobs() if job.method in ("mean", "best")]
    scores = []
    for workers in (1, 2):
        path = tmp_path / f"{workers}.jsonl"
        outcome = run_jobs(jobs, run, facts, path, trains=trains, workers=workers, progress=False)
        assert (outcome.ran, outcome.failures) == (2, [])
        found = {r["job"]["method"]: r["result"]["scores"] for r in read_records(path)}
        scores.append(found)
    assert scores[0] == scores[1]
    assert multiprocessing.active_children() == []


@pytest.mark.extras
def test_a_cluster_runs_the_same_jobs(tmp_path: Path) -> None:
    import distributed

    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        protocol="tcp",
        host="127.0.0.1",
    ) as cluster:
        path = tmp_path / "roots.jsonl"
        outcome = run_roots(
            [*ROOTS, Root("roots", -1.0)], path, scheduler=cluster.scheduler_address
        )
        found = [record.get("result") for record in read_records(path)]
    assert (outcome.ran, len(outcome.failures)) == (4, 1)
    assert sorted(each["root"] for each in found if each) == [1.0, 2.0, 3.0]


@pytest.mark.extras
def test_a_scheduler_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="the scheduler can't be reached: got nowhere"):
        run_roots(ROOTS, tmp_path / "new.jsonl", scheduler="nowhere")
