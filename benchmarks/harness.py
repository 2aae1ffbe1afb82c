"""Runs jobs: what is stored is not run again; on this machine's cores, or on a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tqdm import tqdm

from elcd_policy.errors import ElcdError, MissingExtraError, ParameterError
from elcd_policy.utils.threads import one_thread
from elcd_policy.utils.versions import versions
from elcd_policy.utils.workers import worker_pool

from .fingerprint import training_code
from .machine import machine
from .store import append_record, identity, read_records, sole_writer

#: What a job is made of, by name; must be JSON.
Facts = dict[str, Any]
PACKAGES = ("elcd_policy", "torch", "numpy")
#: Of this project, that installs what benchmarks need.
EXTRA = "benchmarks"


@dataclass
class Outcome:
    """Numbers of jobs that were run and that were found finished; what failed, a line each."""

    ran: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)


def place() -> Any:
    """Return a field of a job that says where something lies: it does not tell jobs apart."""
    return field(default="", metadata={"key": False})


def facts(job: Any) -> Facts:
    """Return all fields of a job, a dataclass, but its places: the usual ``key`` of `run_jobs`."""
    listed = {
        item.name: getattr(job, item.name) for item in fields(job) if item.metadata.get("key", True)
    }
    return dict(json.loads(json.dumps(listed)))


def run_jobs(
    jobs: Sequence[Any],
    run: Callable[[Any], Facts],
    key: Callable[[Any], Facts],
    output: str | Path,
    *,
    trains: Callable[[Any], bool] = lambda _: False,
    packages: tuple[str, ...] = PACKAGES,
    again: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    progress: bool = True,
) -> Outcome:
    """Run the jobs that ``output`` has no result of, and append theirs as they come.

    A run that is interrupted loses only the jobs under way; the next one goes on. What goes wrong
    in a job is stored as its error, and the job is due again in the next run.

    Parameters
    ----------
    run : a job to its JSON-ready result; a function of a module, for other processes to find.
    key : what tells a job apart.
    output : JSON lines, see `store`.
    trains : whether a job depends on this project's training code: a result of other code then
        counts as none.
    packages : whose versions are stored.
    again : run what is stored, too.
    workers : processes on this machine; one job at a time runs in this process.
    scheduler : address of a Dask scheduler whose workers are used instead.
    progress : show a progress bar on stderr.

    Raises
    ------
    ParameterError
        If there is to be no worker, another run is writing to ``output``, or the scheduler
        can't be reached.
    MissingExtraError
        If a job, or the scheduler, needs a package that is not installed.
    ElcdError
        If a worker process was killed.
    """
    if workers < 1:
        raise ParameterError("no worker", got=workers, expected="at least 1")
    with sole_writer(output):
        done = {
            identity(record["job"]): record.get("code")
            for record in read_records(output)
            if "error" not in record
        }
        due = [
            job
            for job in jobs
            if again
            or done.get(identity(key(job)), "none") != (training_code() if trains(job) else None)
        ]
        outcome = Outcome(skipped=len(jobs) - len(due))
        bar = tqdm(total=len(due), unit="job", smoothing=0.05, disable=not (progress and due))
        with bar, _executor(min(workers, len(due)), scheduler) as executor:
            futures = {
                executor.submit(_measure, run, job, packages, trains(job)): job for job in due
            }
            for future in as_completed(futures) if scheduler or workers > 1 else futures:
                job = futures[future]
                record = {"job": key(job), **_outcome(future, packages)}
                append_record(output, record)
                outcome.ran += 1
                if "error" in record:
                    outcome.failures.append(f"{name_of(job)}: {record['error']}")
                bar.set_postfix_str(name_of(job), refresh=False)
                bar.update()
        return outcome


def name_of(job: Any) -> str:
    """Return a job in a line: its facts but nested ones."""
    listed = {name: value for name, value in facts(job).items() if value != ""}
    return ", ".join(f"{k} {v}" for k, v in listed.items() if not isinstance(v, dict | list))


def missing(error: Exception) -> Exception:
    """Return the error that says how to install a module that is not there."""
    if isinstance(error, ModuleNotFoundError):
        return MissingExtraError((error.name or "").partition(".")[0], EXTRA)
    return error


def _measure(
    run: Callable[[Any], Facts], job: Any, packages: tuple[str, ...], trains: bool
) -> Facts:
    """Run a job on one thread, in whichever process this is."""
    record: Facts = {"code": training_code()} if trains else {}
    record |= {"machine": machine(), "versions": versions(packages)}
    try:
        with one_thread():
            # Also refuses what is not finite, such as the scores of a rollout that left the world.
            record["result"] = json.loads(json.dumps(run(job), allow_nan=False))
    except (MissingExtraError, ModuleNotFoundError) as error:
        # A plain one survives the way back from another process.
        raise ElcdError(str(missing(error))) from None
    except Exception as error:
        record["error"] = " ".join(f"{type(error).__name__}: {error}".split())
    return record


def _outcome(future: Future, packages: tuple[str, ...]) -> Facts:
    try:
        return dict(future.result())
    except ElcdError:
        raise
    except BrokenExecutor as error:
        raise ElcdError(
            "a worker process ended early",
            got=error,
            advice="run again with fewer --workers: what is finished is kept",
        ) from error
    # A cluster loses jobs in ways of its own.
    except Exception as error:
        lost = f"{type(error).__name__}: {error}"
        return {"error": lost, "machine": machine(), "versions": versions(packages)}


class _Here(Executor):
    """Runs a job in this process, when its result is asked for."""

    def submit(self, run: Callable[..., Any], /, *args: Any, **named: Any) -> Future:
        """Return a future that is due."""
        future: Future = Future()
        future.result = lambda timeout=None: run(*args, **named)  # type: ignore[method-assign]
        return future


@contextmanager
def _executor(workers: int, scheduler: str | None) -> Iterator[Executor]:
    if scheduler is not None:
        with _cluster(scheduler) as executor:
            yield executor
        return
    if workers <= 1:
        yield _Here()
        return
    with worker_pool(workers) as pool:
        yield pool


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
                "the cluster's workers run several jobs at once in one process",
                got=f"up to {max(threads)} threads",
                expected="one thread a worker",
                advice="start them with: dask worker --nthreads 1",
            )
        yield client.get_executor()
