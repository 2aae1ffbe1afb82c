"""The cost of one control tick, as a ratio to a plain network's in the same run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from elcd_policy import LoadedPolicy, load, save
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.formats import velocity_graph
from elcd_policy.policy import MotionPolicy
from elcd_policy.training import TrainingSettings, fit
from elcd_policy.training.fit import DEFAULT_FIELD
from elcd_policy.utils.threads import one_thread

from .dispatch import Profile, graph_operations, torch_operations
from .runtimes import RUNTIMES, Tick, plain_network, torchscript

#: Calls timed at a stretch, before the other's turn.
CALLS = 20
BATCH = 10_000
DIMENSIONS, ROUNDS = (2, 4, 7, 8, 16, 32), 300


def measure_ticks(
    dimensions: Sequence[int] = DIMENSIONS,
    *,
    field: str = DEFAULT_FIELD,
    settings: TrainingSettings | None = None,
    rounds: int = ROUNDS,
    progress: bool = True,
) -> dict[str, Any]:
    """Time the loaded policy and a plain network in turns, on one thread.

    The weights don't matter to the time, so the policy is hardly trained; its size is that of
    ``settings`` (by default those of `fit`). Of rounds of 20 calls on one position [1, d] each,
    and of batches of 10,000 positions, the fastest counts, by the thread's CPU time: other
    processes only ever add to it, and nothing of the tick runs on another thread.

    Returns
    -------
    A JSON-ready result: ``rows`` with times in us, throughputs in positions per s and the ratio
    of times, a row for each dimension and runtime; ``operations`` of one call in the first
    dimension on each runtime: in TorchScript layer by layer and fused (see
    `elcd_policy.formats`).
    """
    settings = settings or TrainingSettings()
    with one_thread():
        policies = {d: _policy(d, field, settings) for d in dimensions}
        rows = [
            _measure(policies[d], name, rounds, progress) for d in dimensions for name in RUNTIMES
        ]
        return {"rows": rows, "operations": _operations(policies[dimensions[0]])}


def _measure(trained: MotionPolicy, name: str, rounds: int, progress: bool) -> dict[str, Any]:
    d, runtime = trained.dimension, RUNTIMES[name]
    policy, plain = _load(trained, runtime.suffix), plain_network(trained.dimension)
    x = torch.full((1, d), 20.0)
    many = torch.randn(BATCH, d, generator=torch.Generator().manual_seed(0)) * 20.0
    position = x[0].numpy()
    ticks = [runtime.policy(policy, x), runtime.network(plain, x)]
    if runtime.loads:
        ticks.append(lambda: policy.velocity(position))
    one = _in_turns(
        ticks,
        rounds,
        CALLS,
        f"{name}, {d}-D, one position" if progress else "",
    )
    batch = _in_turns(
        [runtime.policy(policy, many), runtime.network(plain, many)],
        max(rounds // 10, 3),
        1,
        f"{name}, {d}-D, {BATCH} positions" if progress else "",
    )
    policy_us, plain_us, *numpy_us = (1e6 * min(times) for times in one)
    return {
        "dimension": d,
        "runtime": name,
        "policy_us": round(policy_us, 2),
        "plain_us": round(plain_us, 2),
        "ratio": round(policy_us / plain_us, 3),
        "numpy_us": round(numpy_us[0], 2) if numpy_us else None,
        "batch_per_s": round(BATCH / min(batch[0])),
        "plain_batch_per_s": round(BATCH / min(batch[1])),
    }


def _operations(policy: MotionPolicy) -> dict[str, dict[str, Profile]]:
    x, served = torch.full((1, policy.dimension), 20.0), _load(policy, ".pt").module
    graph = velocity_graph(served).SerializeToString()
    return {
        "TorchScript": {
            "layer by layer": torch_operations(torchscript(policy, x)),
            "fused": torch_operations(torchscript(served, x)),
        },
        "ONNX Runtime": {"ONNX Runtime": graph_operations(graph, {"x": x.numpy()})},
    }


def _in_turns(ticks: Sequence[Tick], rounds: int, calls: int, label: str) -> list[list[float]]:
    """Return seconds per call [ticks][rounds], the ticks taking turns in each round."""
    times: list[list[float]] = [[] for _ in ticks]
    with torch.inference_mode():
        for tick in ticks:
            # The first calls of TorchScript profile and compile.
            for _ in range(4):
                tick()
        for _ in tqdm(range(rounds), desc=label, unit="round", delay=2, disable=not label):
            for tick, row in zip(ticks, times, strict=True):
                begin = time.thread_time()
                for _ in range(calls):
                    tick()
                row.append((time.thread_time() - begin) / calls)
    return times


def _policy(d: int, field: str, settings: TrainingSettings) -> MotionPolicy:
    share = np.linspace(0.0, 1.0, 100)
    path = 40.0 * np.outer(1 - share, np.linspace(1.0, 2.0, d))
    straight = DemonstrationSet([Demonstration(2.0 * share, path)], units="mm", source="a line")
    brief = replace(settings, linear_steps=2, shooting_steps=1)
    return fit(straight, field, settings=brief, progress=False)


def _load(policy: MotionPolicy, suffix: str) -> LoadedPolicy:
    """Return the policy as it is served: exported and loaded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"policy{suffix}"
        save(policy, path, certify=False)
        return load(path)
