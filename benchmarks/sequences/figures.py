"""Pictures of the stored results: accuracy under noise, and early recognition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elcd_policy.plotting import save_figure
from elcd_policy.plotting.style import INK, label_axes

from ..store import Record
from .models import MODELS
from .scores import SALT, WEIGHTS, WHITE

COLOURS = ("#004b87", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#8c8c8c", "#333333")
LINES = ("-", "-", "-", "--", "--", ":", ":")
STYLES: dict[str, dict[str, Any]] = {
    name: {"color": colour, "ls": line, "lw": 1.6}
    for name, colour, line in zip(MODELS, COLOURS, LINES, strict=True)
}


def draw_noise(records: Sequence[Record], path: Path) -> None:
    """Draw accuracy against the size of each kind of noise."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.4), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    kinds = (
        ("white", WHITE, "white noise, of the inputs' range"),
        ("salt", SALT, "share of salt and pepper"),
        ("weights", WEIGHTS, "noise of the weights, of their r.m.s."),
    )
    for ax, (key, sizes, text) in zip(panels, kinds, strict=True):
        for name, clean, noisy in _means(records, key):
            ax.plot([0.0, *sizes], 100 * np.array([clean, *noisy]), label=name, **STYLES[name])
        label_axes(ax, text, "accuracy, %" if key == "white" else "")
        ax.set_xlim(left=0.0)
    panels[0].set_ylim(0.0, 100.0)
    _legend(figure, panels[0])
    save_figure(figure, path)


def draw_gestures(records: Sequence[Record], path: Path) -> None:
    """Draw accuracy against the share of the motion that was seen."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    ax = figure.subplots()
    for name, accuracy, _ in _means(records, "accuracy"):
        ax.plot(100 * np.array(records[0]["shares"]), 100 * accuracy, label=name, **STYLES[name])
    ax.axhline(100 / 30, color=INK, lw=0.6, ls=(0, (1, 3)))
    ax.text(99.0, 100 / 30 + 1, "guessing", ha="right", fontsize=8, color=INK)
    label_axes(ax, "share of the motion's time that was seen, %", "named rightly of 30 shapes, %")
    ax.set_xlim(0.0, 100.0)
    ax.set_ylim(0.0, 100.0)
    _legend(figure, ax)
    save_figure(figure, path)


def _means(records: Sequence[Record], key: str) -> list[tuple[str, Any, Any]]:
    """Return name, mean accuracy and mean of ``key`` of each model that has results."""
    found = []
    for name in MODELS:
        own = [record for record in records if record["model"] == name]
        if own:
            clean = np.mean([record["accuracy"] for record in own], axis=0)
            found.append((name, clean, np.mean([record[key] for record in own], axis=0)))
    return found


def _legend(figure: Any, ax: Any) -> None:
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
