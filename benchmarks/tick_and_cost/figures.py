"""The picture of training cost and control ticks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from elcd_policy.plotting import save_figure
from elcd_policy.plotting.style import EXECUTED, INK, REACHED, ROLLOUT, label_axes

from ..store import Record


def draw_cost(cost: Record, tick: Record | None, path: Path) -> None:
    """Draw training against dimension and samples; the control tick against dimension, if known."""
    from matplotlib.figure import Figure

    ticks: dict[str, dict[int, float]] = {}
    for row in tick["rows"] if tick else []:
        ticks.setdefault(row["runtime"], {})[row["dimension"]] = row["policy_us"]
    panels: list[tuple[str, str, dict[str, dict[int, float]]]] = [
        ("dimension", "training [CPU s]", {"": by(cost["rows"], "dimension")}),
        ("samples shown", "training [CPU s]", {"": by(cost["rows"], "samples")}),
    ]
    if any(len(points) > 2 for points in ticks.values()):
        panels.append(("dimension", "control tick [us]", ticks))
    figure = Figure(figsize=(2.9 * len(panels), 2.8), layout="constrained")
    for ax, (x, y, lines) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        colours = [ROLLOUT["color"], EXECUTED["color"], REACHED]
        for (name, points), colour in zip(lines.items(), cycle(colours), strict=False):
            ax.plot(
                list(points), list(points.values()), "o-", ms=4, lw=1.5, color=colour, label=name
            )
        ax.set_xscale("log", base=2 if x == "dimension" else 10)
        if x == "dimension":
            ax.set_xticks(list(points), [str(d) for d in points])
        ax.set_ylim(0.0, 1.06 * ax.dataLim.y1)
        label_axes(ax, x, y)
        if len(lines) > 1:
            ax.legend(frameon=False, fontsize=8, labelcolor=INK)
    save_figure(figure, path)


def by(rows: Sequence[dict[str, Any]], name: str) -> dict[int, float]:
    """Return CPU s over "dimension" or "samples": where the other one is the first row's."""
    other = {"dimension": "samples", "samples": "dimension"}[name]
    found: dict[int, list[float]] = {}
    for row in rows:
        if row[other] == rows[0][other]:
            found.setdefault(row[name], []).append(row["cpu_s"])
    return {value: float(np.mean(found[value])) for value in sorted(found)}
