"""The cost of training: CPU time against dimension, number of samples, and the peer's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from elcd_policy.demonstrations import DemonstrationSet, lasa_shapes, load_lasa
from elcd_policy.training import TrainingSettings, fit
from elcd_policy.training.fit import DEFAULT_FIELD
from elcd_policy.utils.threads import one_thread

from ..lasa.eflow import EFlowSettings, checkout_hash, fit_eflow
from ..lasa.jobs import MULTIPLE

DIMENSIONS = (2, 4, 8, 16, 32)
#: Samples of each of seven demonstrations, beside the 1000 of the data.
SAMPLES = (100, 10_000, 100_000)
#: Learned by the peer as well, from the demonstrations of protocol (a).
BESIDE, SHOWN = ("Angle", "Sshape", "WShape"), 4


def measure_cost(
    dimensions: Sequence[int] = DIMENSIONS,
    samples: Sequence[int] = SAMPLES,
    *,
    settings: TrainingSettings | None = None,
    eflow: str | Path | None = None,
    eflow_settings: EFlowSettings | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Train on stacked LASA shapes of some dimensions, and on one shape sampled differently.

    Parameters
    ----------
    eflow : a user's own checkout of the peer, to train it in the same process, by turns.
    eflow_settings : its authors', unless given.

    Returns
    -------
    A JSON-ready result: ``rows`` of ``dimension``, ``samples`` (of all demonstrations) and
    ``cpu_s``, the CPU time of `fit` in s on one thread; with the peer, ``beside``: of some shapes
    ``shape``, ``cpu_s`` and ``eflow_cpu_s``.

    Raises
    ------
    ParameterError
        If the checkout is not one.
    """
    settings = settings or TrainingSettings()
    checkout = {} if eflow is None else {"checkout": checkout_hash(eflow)}
    tasks = [stack_shapes(dimension) for dimension in dimensions]
    tasks += [resample(tasks[0] if tasks else stack_shapes(2), count) for count in samples]
    # The first training of a process pays for what torch loads then.
    _cpu_s(_fit, stack_shapes(2), replace(settings, linear_steps=2, shooting_steps=2))
    rows = [
        {
            "dimension": task.dimension,
            "samples": sum(len(demo.time) for demo in task),
            "cpu_s": _cpu_s(_fit, task, settings),
        }
        for task in tqdm(tasks, unit="training", disable=not progress)
    ]
    beside = [
        {
            "shape": shape,
            "cpu_s": _cpu_s(_fit, shown, settings),
            "eflow_cpu_s": _cpu_s(_fit_peer, shown, eflow, eflow_settings or EFlowSettings()),
        }
        for shape in tqdm(BESIDE if eflow else (), unit="pair", disable=not (progress and eflow))
        for shown in [load_lasa(shape)[:SHOWN]]
    ]
    return {"rows": rows, **({**checkout, "beside": beside} if beside else {})}


def stack_shapes(dimension: int) -> DemonstrationSet:
    """Return so many single-pattern LASA shapes that they have ``dimension`` (even, to 52)."""
    names = [name for name in lasa_shapes() if not name.startswith(MULTIPLE)]
    return load_lasa("+".join(names[: dimension // 2]))


def resample(demonstrations: DemonstrationSet, samples: int) -> DemonstrationSet:
    """Return the same motions with another number of samples each."""
    return replace(
        demonstrations, demonstrations=[demo.resampled(samples) for demo in demonstrations]
    )


def _fit(task: DemonstrationSet, settings: TrainingSettings) -> None:
    fit(task, DEFAULT_FIELD, settings=settings, progress=False)


def _fit_peer(task: DemonstrationSet, checkout: str | Path, settings: EFlowSettings) -> None:
    fit_eflow(task, checkout, seed=0, settings=settings)


def _cpu_s(train: Callable[..., None], *given: Any) -> float:
    with one_thread():
        begin = time.process_time()
        train(*given)
        return round(time.process_time() - begin, 2)
