"""The tables of docs/benchmarks.md on control ticks and training cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..page import Columns, Target, code_mark, table, table_of
from ..store import Record
from .dispatch import Profile

#: Rows of a table of operations, for each of its profiles.
SHOWN = 8


def targets(ticks: Record | None, cost: Record | None) -> list[Target]:
    """Return the bars on time, of the latest records."""
    return [_beside(cost), *_ticks(ticks)]


def _beside(cost: Record | None) -> Target:
    name = "cpu-beside", "training in fewer CPU seconds than EFlow's, by turns in one run"
    rows = (cost or {}).get("beside", [])
    if not (cost and rows):
        return Target(*name)
    mine, theirs = (
        float(np.mean([row[name] for row in rows])) for name in ("cpu_s", "eflow_cpu_s")
    )
    measured = f"{mine:.1f} / {theirs:.1f} s = {mine / theirs:.2f} ({len(rows)} shapes)"
    return Target(*name, measured + code_mark([cost]), mine < theirs)


def _ticks(ticks: Record | None) -> list[Target]:
    names = (
        ("tick", "a 2-D control tick at most 10 x a plain 2-64-64-2 network's (TorchScript)"),
        ("tick-best", "the same at most 5 x in the best deployable runtime"),
    )
    rows = [row for row in (ticks or {"rows": []})["rows"] if row["dimension"] == 2]
    if not rows:
        return [Target(*name) for name in names]
    ratios = {row["runtime"]: row["ratio"] for row in rows}
    first, best = ratios["TorchScript"], min(ratios, key=ratios.__getitem__)
    return [
        Target(*names[0], f"{first:.1f} x", first <= 10.0),
        Target(*names[1], f"{ratios[best]:.1f} x ({best})", ratios[best] <= 5.0),
    ]


def cost_table(cost: Record) -> str:
    """Return CPU seconds of training over dimension and number of samples."""
    first = "{dimension}" + code_mark([cost])
    columns: Columns = {"dimension": first, "samples": "{samples}", "CPU s": "{cpu_s:.1f}"}
    return table_of(cost["rows"], columns)


def beside_table(cost: Record) -> str:
    """Return CPU seconds of training beside the peer's."""
    columns: Columns = {
        "shape": "{shape}" + code_mark([cost]),
        "CPU s": "{cpu_s:.1f}",
        "EFlow, CPU s": "{eflow_cpu_s:.1f}",
        "ratio": lambda row: f"{row['cpu_s'] / row['eflow_cpu_s']:.2f}",
    }
    return table_of(cost.get("beside", []), columns)


def tick_table(ticks: Record) -> str:
    """Return a row per runtime and dimension."""
    columns: Columns = {
        "runtime": "{runtime}, {dimension}-D",
        "policy, us": lambda row: _us(row["policy_us"]),
        "plain, us": "{plain_us:.1f}",
        "ratio": "{ratio:.1f}",
        "`LoadedPolicy.velocity`, us": lambda row: _us(row["numpy_us"]),
        "policy, M states/s": lambda row: f"{row['batch_per_s'] / 1e6:.2f}",
        "plain, M states/s": lambda row: f"{row['plain_batch_per_s'] / 1e6:.2f}",
    }
    return table_of(ticks["rows"], columns)


def operation_table(profiles: Mapping[str, Profile]) -> str:
    """Return a row per operation: its calls and its share of the time in each of the profiles."""
    found = [{row["name"]: row for row in rows} for rows in profiles.values()]
    latest_first = list(profiles.values())[::-1]
    names = list(dict.fromkeys(row["name"] for rows in latest_first for row in rows[:SHOWN]))
    body = [[name, *(cell for rows in found for cell in _cells(rows.get(name)))] for name in names]
    others = [
        [row for row in rows if row["name"] not in names and row["calls"]]
        for rows in profiles.values()
    ]
    body.append(["others", *(cell for rest in others for cell in _cells(_sum(rest)))])
    body.append(["all", *(cell for rows in profiles.values() for cell in _cells(_sum(rows)))])
    columns = [column for name in profiles for column in (f"{name}: calls", "share, %")]
    return table(["operation", *columns], body)


def _sum(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {key: sum(row[key] for row in rows) for key in ("calls", "share")}


def _cells(row: dict[str, Any] | None) -> list[str]:
    return ["-", "-"] if row is None else [f"{row['calls']:.0f}", f"{100 * row['share']:.0f}"]


def _us(time: float | None) -> str:
    if time is None:
        return "-"
    return f"{time:.0f}" if time >= 20.0 else f"{time:.1f}"
