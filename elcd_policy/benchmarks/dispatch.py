"""Where a control tick's time goes: the operations that one call starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

from .tables import markdown

CALLS = 50
SHOWN = 8


def operations(tick: Callable[[], object]) -> list[dict[str, Any]]:
    """The operations of one call, by their share of its time.

    Composite operations count as what they are made of. The profiler itself takes about as long
    as an operation does: shares and counts tell more than times.

    Returns
    -------
    Rows of ``name``, ``calls`` and ``share`` (of all operations' own CPU time).
    """
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.inference_mode():
        for _ in range(10):
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
    total = sum(times.values())
    return [
        {"name": name, "calls": round(calls[name] / CALLS, 1), "share": round(time / total, 4)}
        for name, time in times.most_common()
    ]


def dispatch_table(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    """A row per operation: calls and share of the time, layer by layer and fused."""
    found = [{row["name"]: row for row in rows} for rows in (before, after)]
    names = list(dict.fromkeys(row["name"] for rows in (after, before) for row in rows[:SHOWN]))
    rows = [[name, *(cell for rows in found for cell in _cells(rows.get(name)))] for name in names]
    others = [
        [row for row in rows if row["name"] not in names and row["calls"]]
        for rows in (before, after)
    ]
    rows.append(["others", *(cell for rest in others for cell in _cells(_sum(rest)))])
    rows.append(["all", *(cell for every in (before, after) for cell in _cells(_sum(every)))])
    header = ["operation", "layer by layer: calls", "share, %", "fused: calls", "share, %"]
    return markdown(header, rows)


def _sum(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: sum(row[key] for row in rows) for key in ("calls", "share")}


def _cells(row: dict[str, Any] | None) -> list[str]:
    return ["-", "-"] if row is None else [f"{row['calls']:.0f}", f"{100 * row['share']:.0f}"]
