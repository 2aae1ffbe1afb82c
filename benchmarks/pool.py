"""Jobs in parallel, on this machine's cores or on a cluster, by one interface."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from elcd_policy.errors import ElcdError, MissingExtraError, ParameterError
from elcd_policy.utils.workers import prepare_worker

from .lasa.jobs import Job, key_of
from .lasa.run import run_job
from .store import append_record, read_records, sole_writer


@dataclass
class Outcome:
    """How many jobs were run and how many were found finished; what failed, a line each."""

    ran: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)


def run_jobs(
    jobs: Sequence[Job],
    output: str | Path,
    *,
    workers: int = 2,
    scheduler: str | None = None,
    progress: bool = True,
) -> Outcome:
    """Run the jobs that ``output`` has no result of, and append theirs as they come.

    A run that is interrupted loses only the jobs under way; the next one goes on. A field's
    result of other training code counts as none.

    Parameters
    ----------
    output : JSON lines, one per job.
    workers : processes on this machine.
    scheduler : address of a Dask scheduler whose workers are used instead.
    progress : show a progress bar on stderr.

    Raises
    ------
    ParameterError
        If there is to be no worker, another run is writing to ``output``, or the scheduler
        can't be reached.
    MissingExtraError
        If a scheduler is given and dask.distributed is not installed.
    ElcdError
        If a worker process was killed.
    """
    if workers < 1:
        raise ParameterError("no worker", got=workers, expected="at least 1")
    with sole_writer(output):
        return _run_due(jobs, output, workers, scheduler, progress)


def _run_due(
    jobs: Sequence[Job], output: str | Path, workers: int, scheduler: str | None, progress: bool
) -> Outcome:
    code_of = {
        key_of(record): record.get("code", "")
        for record in read_records(output)
        if "error" not in record
    }
    due = [job for job in jobs if code_of.get(job.key) != job.code]
    outcome = Outcome(skipped=len(jobs) - len(due))
    if not due:
        return outcome
    with (
        _executor(min(workers, len(due)), scheduler) as executor,
        tqdm(total=len(due), unit="job", smoothing=0.05, disable=not progress) as bar,
    ):
        futures = {executor.submit(run_job, job): job for job in due}
        for future in as_completed(futures):
            job = futures[future]
            record = _record(future, job)
            append_record(output, record)
            outcome.ran += 1
            if "error" in record:
                outcome.failures.append(f"{job}: {record['error']}")
            bar.set_postfix_str(str(job), refresh=False)
            bar.update()
    return outcome


def _record(future: Future, job: Job) -> dict:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise ElcdError(
            "a worker process ended early",
            got=error,
            advice="run again with fewer --workers: what is finished is kept",
        ) from error
    # A cluster loses jobs in ways of its own.
    except Exception as error:
        return {
            **job.facts(),
            "settings": job.settings,
            "error": f"{type(error).__name__}: {error}",
        }


@contextmanager
def _executor(workers: int, scheduler: str | None) -> Iterator[Executor]:
    if scheduler is not None:
        with _cluster(scheduler) as executor:
            yield executor
        return
    # spawn: a forked child hangs once torch has used threads.
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=prepare_worker
    )
    others = set(multiprocessing.active_children())
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()


@contextmanager
def _cluster(scheduler: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError("distributed", "cluster") from error
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise ParameterError(
            "the scheduler can't be reached",
            got=f"{scheduler} ({error})",
            expected="an address such as tcp://host:8786",
        ) from error
    with client:
        threads = {worker["nthreads"] for worker in client.scheduler_info()["workers"].values()}
        if threads - {1}:
            # CPU time and random numbers are the process's.
            raise ParameterError(
                "the cluster's workers run several trainings at once in one process",
                got=f"up to {max(threads)} threads",
                expected="one thread a worker",
                advice="start them with: dask worker --nthreads 1",
            )
        yield client.get_executor()
