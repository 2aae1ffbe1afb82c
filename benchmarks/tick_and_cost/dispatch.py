"""The operations of a control tick, and their shares of its time."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elcd_policy.formats import inference_session

WARM_UP, CALLS = 10, 50

#: Rows of ``name``, ``calls`` and ``share`` of the time, the largest first.
Profile = list[dict[str, Any]]


def torch_operations(tick: Callable[[], object]) -> Profile:
    """Return the tensor operations of one call, by their share of all operations' own CPU time.

    Composite operations count as what they are made of. The profiler itself takes about as long
    as an operation does: shares and counts tell more than times.
    """
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.inference_mode():
        for _ in range(WARM_UP):
            tick()
        with torch.profiler.profile(activities=activities) as profile:
            for _ in range(CALLS):
                tick()
    calls: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for event in profile.key_averages():
        if event.key.startswith("aten::"):
            name = event.key.removeprefix("aten::").rstrip("_")
            calls[name] += event.count
            times[name] += event.self_cpu_time_total
    return _profile(calls, times)


def graph_operations(graph: bytes, inputs: Mapping[str, np.ndarray]) -> Profile:
    """Return the operations of one run of an ONNX graph, by ONNX Runtime's own profiler.

    ``between operations`` is what a run takes besides: getting inputs, outputs and memory ready,
    going from node to node, and the profiler.
    """
    with tempfile.TemporaryDirectory() as folder:
        session = inference_session(
            graph, enable_profiling=True, profile_file_prefix=str(Path(folder) / "profile")
        )
        for _ in range(WARM_UP + CALLS):
            session.run(None, dict(inputs))
        events = json.loads(Path(session.end_profiling()).read_text())
    runs = [event for event in events if event["name"] == "model_run"][WARM_UP:]
    begin, whole = runs[0]["ts"], sum(event["dur"] for event in runs)
    calls: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for event in events:
        if event["name"].endswith("_kernel_time") and event["ts"] >= begin:
            calls[event["args"]["op_name"]] += 1
            times[event["args"]["op_name"]] += event["dur"]
    times["between operations"] = whole - times.total()
    return _profile(calls, times)


def _profile(calls: Mapping[str, int], times: Counter[str]) -> Profile:
    total = times.total()
    return [
        {"name": name, "calls": round(calls[name] / CALLS, 1), "share": round(time / total, 4)}
        for name, time in times.most_common()
    ]
