"""The cost of one control tick, as a ratio to a plain network's in the same run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from ..demonstrations import Demonstration, DemonstrationSet
from ..export import LoadedPolicy, export_policy, load_policy
from ..training import TrainingSettings, fit
from ..training.fit import DEFAULT_FIELD
from .machine import machine, versions
from .runtimes import RUNTIMES, Tick, plain_network

#: Calls timed at a stretch, before the other's turn.
CALLS = 50
BATCH = 10_000


def measure_ticks(
    dimensions: Sequence[int] = (2, 7),
    *,
    field: str = DEFAULT_FIELD,
    settings: TrainingSettings | None = None,
    rounds: int = 200,
    progress: bool = True,
) -> dict[str, Any]:
    """Time the loaded policy and a plain network in turns, on one thread.

    The weights don't matter to the time, so the policy is hardly trained; its size is that of
    ``settings`` (by default those of `fit`). Medians over rounds of 50 calls on one position
    [1, d] each, and over batches of 10,000 positions.

    Returns
    -------
    A JSON-ready record: times in us, throughputs in positions per s, ratios of the same round.
    """
    settings = settings or TrainingSettings()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows = [
            _measure(d, field, settings, name, rounds, progress)
            for d in dimensions
            for name in RUNTIMES
        ]
    finally:
        torch.set_num_threads(threads)
    return {
        "field": field,
        "settings": asdict(settings),
        "rounds": rounds,
        "rows": rows,
        "versions": versions(),
        "machine": machine(),
    }


def _measure(
    d: int, field: str, settings: TrainingSettings, runtime: str, rounds: int, progress: bool
) -> dict[str, Any]:
    policy = _policy(d, field, settings)
    x = torch.full((1, d), 20.0)
    many = torch.randn(BATCH, d, generator=torch.Generator().manual_seed(0)) * 20.0
    ready, plain = RUNTIMES[runtime], plain_network(d)
    one = _in_turns(
        [ready(policy.module, x), ready(plain, x), lambda: policy.velocity(x[0].numpy())],
        rounds,
        CALLS,
        f"{runtime}, {d}-D, one position" if progress else "",
    )
    batch = _in_turns(
        [ready(policy.module, many), ready(plain, many)],
        max(rounds // 5, 3),
        1,
        f"{runtime}, {d}-D, {BATCH} positions" if progress else "",
    )
    median = statistics.median
    return {
        "dimension": d,
        "runtime": runtime,
        "policy_us": round(1e6 * median(one[0]), 2),
        "plain_us": round(1e6 * median(one[1]), 2),
        "ratio": round(median(p / q for p, q in zip(one[0], one[1], strict=True)), 3),
        "numpy_us": round(1e6 * median(one[2]), 2),
        "batch_per_s": round(BATCH / median(batch[0])),
        "plain_batch_per_s": round(BATCH / median(batch[1])),
    }


def _in_turns(ticks: Sequence[Tick], rounds: int, calls: int, label: str) -> list[list[float]]:
    """Seconds per call [ticks][rounds], the ticks taking turns in each round."""
    for tick in ticks:
        # The first calls of TorchScript profile and compile.
        for _ in range(10):
            tick()
    times: list[list[float]] = [[] for _ in ticks]
    for _ in tqdm(range(rounds), desc=label, unit="round", delay=2, disable=not label):
        for tick, row in zip(ticks, times, strict=True):
            begin = time.perf_counter()
            for _ in range(calls):
                tick()
            row.append((time.perf_counter() - begin) / calls)
    return times


def _policy(d: int, field: str, settings: TrainingSettings) -> LoadedPolicy:
    """A policy of d dimensions as it is served: exported and loaded."""
    share = np.linspace(0.0, 1.0, 100)
    path = 40.0 * np.outer(1 - share, np.linspace(1.0, 2.0, d))
    straight = DemonstrationSet([Demonstration(2.0 * share, path)], units="mm", source="a line")
    brief = replace(settings, linear_steps=2, shooting_steps=1)
    policy = fit(straight, field, settings=brief, progress=False)
    with tempfile.TemporaryDirectory() as folder:
        return load_policy(export_policy(policy, Path(folder) / "policy.pt"))
