"""Runs the parts of the benchmark, each result written as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from elcd_policy.errors import ParameterError
from elcd_policy.utils.threads import one_thread
from elcd_policy.utils.versions import versions

from ..images import FOLDERS
from ..machine import machine
from ..store import append_record, read_records, sole_writer
from .data import TASKS
from .gestures import recognise, served
from .models import MODELS
from .scores import curvature, score
from .speed import measure_speed

PARTS = ("digits", "mnist1d", "mnist", "fashion-mnist", "curvature", "lasa", "skills", "speed")
EPOCHS = {"digits": 30, "mnist1d": 15, "mnist": 5, "fashion-mnist": 5, "curvature": 12, "lasa": 100}
PACKAGES = ("elcd_policy", "torch", "numpy", "torchrecurrent", "scikit-learn", "mnist1d")

Job = Callable[[], dict[str, Any]]


def run_parts(
    parts: Sequence[str],
    seeds: Sequence[int],
    path: str,
    *,
    models: Sequence[str] = tuple(MODELS),
    epochs: int | None = None,
    folders: Mapping[str, str] | None = None,
    progress: bool = True,
) -> int:
    """Run what ``path`` does not hold yet; how many results were added.

    Parameters
    ----------
    parts : of `PARTS`.
    models : of `MODELS`.
    epochs : in place of `EPOCHS`, to try.
    folders : in place of some of `images.FOLDERS`.

    Raises
    ------
    ParameterError
        If a part or model is unknown, or a folder does not hold the data.
    MissingExtraError
        If a package of the extra "sequences" is not installed.
    """
    for name, known in (*((part, PARTS) for part in parts), *((m, tuple(MODELS)) for m in models)):
        if name not in known:
            raise ParameterError("unknown name", got=repr(name), expected=", ".join(known))
    added = 0
    about = {"machine": machine(), "versions": versions(PACKAGES)}
    with sole_writer(path), one_thread():
        done = {(r["part"], r["model"], r["seed"]) for r in read_records(path)}
        every = _jobs(parts, seeds, models, epochs, {**FOLDERS, **(folders or {})})
        jobs = [job for job in every if job[0] not in done]
        for _, job in tqdm(jobs, desc="sequences", unit="run", delay=2, disable=not progress):
            append_record(path, job() | about)
            added += 1
    return added


def _jobs(
    parts: Sequence[str],
    seeds: Sequence[int],
    models: Sequence[str],
    epochs: int | None,
    folders: Mapping[str, str],
) -> Iterator[tuple[tuple[str, str, int], Job]]:
    for part in parts:
        count = epochs or EPOCHS.get(part, 0)
        if part == "speed":
            yield (part, "", 0), measure_speed
        elif part == "skills":
            yield (part, "", 0), lambda c=epochs: served(c)  # type: ignore[misc]
        elif part == "curvature":
            task = TASKS["digits"]()
            for name in models:
                yield (
                    (f"{task.name} curvature", name, 0),
                    lambda n=name, t=task, c=count: curvature(n, t, c),  # type: ignore[misc]
                )
        else:
            folder = (folders[part],) if part in folders else ()
            data = TASKS[part](*folder) if part in TASKS else None
            for seed in seeds:
                for name in models:
                    if data is None:
                        yield (part, name, seed), lambda n=name, s=seed, c=count: recognise(n, s, c)  # type: ignore[misc]
                    else:
                        yield (
                            (part, name, seed),
                            lambda n=name, d=data, s=seed, c=count: score(n, d, s, c),  # type: ignore[misc]
                        )
