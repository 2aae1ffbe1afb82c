"""Many jobs: in parallel, resumed, with failures told apart from results."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from elcd_policy.errors import MissingExtraError, ParameterError
from elcd_policy_benchmarks.lasa import run_jobs
from elcd_policy_benchmarks.store import append_record, read_records, sole_writer

try:
    import distributed
except ImportError:
    distributed = None


def test_what_is_finished_is_not_run_again(quick_jobs: Callable, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    jobs = quick_jobs()
    broken = [
        replace(job, settings={**job.settings, "learning_rate": 1e30})
        if job.method == "monotone"
        else job
        for job in jobs
    ]
    first = run_jobs(broken, path, workers=2, progress=False)
    assert (first.ran, first.skipped, len(first.failures)) == (4, 0, 1)
    assert first.failures[0].startswith("a Line monotone seed 0 shown 4: TrainingError: ")
    records = read_records(path)
    assert sorted(record["method"] for record in records) == ["best", "elcd", "mean", "monotone"]

    # A failed job is due again, and so is one of other settings; nothing else is.
    again = run_jobs([*broken, *jobs], path, workers=1, progress=False)
    assert (again.ran, again.skipped, len(again.failures)) == (2, 6, 1)
    assert read_records(path)[:4] == records
    done = run_jobs(jobs, path, progress=False)
    assert (done.ran, done.skipped, done.failures) == (0, 4, [])
    assert multiprocessing.active_children() == []


def test_two_runs_on_one_file_write_no_job_twice(quick_jobs: Callable, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with sole_writer(path), pytest.raises(ParameterError, match="another run is writing to"):
        run_jobs(quick_jobs(), path, progress=False)
    assert read_records(path) == []


def test_a_foreign_file_is_refused_before_any_work(quick_jobs: Callable, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("t,x,y\n")
    with pytest.raises(ParameterError, match="does not hold results"):
        run_jobs(quick_jobs(), path, progress=False)
    with pytest.raises(ParameterError, match="no worker: got 0"):
        run_jobs(quick_jobs(), tmp_path / "new.jsonl", workers=0, progress=False)


@pytest.mark.skipif(distributed is not None, reason="dask.distributed is installed")
def test_a_cluster_needs_an_extra(quick_jobs: Callable, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"elcd_policy\[cluster\]"):
        run_jobs(quick_jobs(), tmp_path / "new.jsonl", scheduler="tcp://127.0.0.1:1")


@pytest.mark.skipif(distributed is None, reason="dask.distributed is not installed")
def test_a_cluster_runs_the_same_jobs(quick_jobs: Callable, tmp_path: Path) -> None:
    local, remote = tmp_path / "local.jsonl", tmp_path / "remote.jsonl"
    jobs = quick_jobs()
    run_jobs(jobs, local, progress=False)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        address = address if address.startswith("tcp") else cluster.scheduler.address
        outcome = run_jobs(jobs, remote, scheduler=address, progress=False)
    assert (outcome.ran, outcome.failures) == (4, [])
    scores = [
        {record["method"]: record["scores"] for record in read_records(path)}
        for path in (local, remote)
    ]
    assert scores[0] == scores[1]


@pytest.mark.skipif(distributed is None, reason="dask.distributed is not installed")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere"])
def test_a_scheduler_out_of_reach(address: str, quick_jobs: Callable, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="the scheduler can't be reached: got"):
        run_jobs(quick_jobs(), tmp_path / "new.jsonl", scheduler=address, progress=False)


def test_what_is_missing_or_of_other_training_code_is_added(
    quick_jobs: Callable, record: Callable, tmp_path: Path
) -> None:
    path = tmp_path / "results.jsonl"
    jobs = quick_jobs(fields=["elcd"], eflow="nowhere")
    for job in jobs:
        older = {"code": "older"} if job.method == "elcd" else {}
        if job.method != "best":
            append_record(path, {**record(job.method), **older, **job.facts()})
    outcome = run_jobs(jobs, path, workers=1, progress=False)
    assert (outcome.ran, outcome.skipped) == (2, 2)
    added = {record["method"]: record.get("code", "") for record in read_records(path)[3:]}
    assert added == {job.method: job.code for job in jobs if job.method in ("best", "elcd")}
    assert run_jobs(jobs, path, progress=False).ran == 0
