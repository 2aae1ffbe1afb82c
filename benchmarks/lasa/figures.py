"""Pictures of the LASA benchmark, drawn from its stored results."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from elcd_policy.demonstrations import load_lasa
from elcd_policy.plotting import save_figure
from elcd_policy.plotting.style import (
    DEMONSTRATION,
    FIELD,
    INK,
    LINE,
    ROLLOUT,
    label_axes,
)
from elcd_policy.utils.files import write_atomically

from ..store import Record
from .summary import METHODS, ByShape, Results, figure
from .tables import curves, pushed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, COLOURS_KEPT = 6, 128
COLOURS = {
    "mean": "#b9c0c7",
    "best": "#333333",
    "eflow": "#d55e00",
    "elcd": "#004b87",
    "monotone": "#009e73",
}


def draw_fields(records: Sequence[Record], path: Path) -> None:
    """Draw all fields that are stored, a panel each, with demonstrations and rollouts.

    Raises
    ------
    MissingExtraError
        If the demonstrations, which are not stored with the results, are not installed.
    """
    from matplotlib.figure import Figure

    drawn = [record for record in records if "drawing" in record]
    if not drawn:
        return
    drawn.sort(key=lambda record: record["shape"].casefold())
    rows = -(-len(drawn) // COLUMNS)
    figure = Figure(figsize=(1.75 * COLUMNS, 1.8 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for ax, record in zip(panels, drawn, strict=False):
        _panel(ax, record)
    for ax in panels[len(drawn) :]:
        ax.set_axis_off()
    _save_small(figure, path)


def _save_small(figure: Figure, path: Path) -> None:
    """Save as a .png of few colours, a third of the size."""
    from PIL import Image

    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=110)
    few = (
        Image.open(full)
        .convert("RGB")
        .quantize(COLOURS_KEPT, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    with write_atomically(path) as file:
        few.save(file, format="png", optimize=True)


def _panel(ax: Axes, record: Record) -> None:
    drawing = record["drawing"]
    (left, bottom), (right, top) = drawing["box"]
    side = int(np.sqrt(len(drawing["velocity"]) // 2))
    u, v = np.reshape(drawing["velocity"], (side, side, 2)).transpose(2, 0, 1)
    x, y = np.linspace(left, right, side), np.linspace(bottom, top, side)
    ax.streamplot(x, y, u, v, density=0.55, color=FIELD, linewidth=0.4, arrowsize=0.35, zorder=1)
    demonstrations = load_lasa(record["shape"])
    for demo in demonstrations:
        ax.plot(*demo.position.T, **{**DEMONSTRATION, "lw": 1.6}, **LINE)
    for path in drawing["rollouts"]:
        ax.plot(*np.transpose(path), **{**ROLLOUT, "lw": 0.5}, **LINE)
    ax.plot(*demonstrations.goal, "*", ms=7, mfc="#f0e442", mec=INK, mew=0.4, zorder=6)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
    ax.set_title(record["shape"], fontsize=7, color=INK, pad=2)
    ax.spines[:].set(color=FIELD, linewidth=0.4)


def draw_curve(results: Results, path: Path) -> None:
    """Draw DTW on unseen demonstrations over the number shown, a line per method."""
    from matplotlib.figure import Figure

    _, lines = curves(results)
    if not lines:
        return
    figure = Figure(figsize=(5.4, 3.2), layout="constrained")
    ax = figure.subplots()
    for method, points in lines.items():
        ax.plot(
            list(points),
            list(points.values()),
            "o-",
            ms=4,
            lw=1.5,
            color=COLOURS[method],
            label=METHODS[method],
        )
    ax.set_xticks([1, 2, 3, 4])
    _from_zero(ax)
    label_axes(ax, "demonstrations shown", "DTW on unseen ones [mm]")
    ax.legend(frameon=False, fontsize=8, labelcolor=INK)
    save_figure(figure, path)


def _from_zero(ax: Axes) -> None:
    ax.set_ylim(0.0, 1.06 * ax.dataLim.y1)


def draw_variants(variants: Mapping[str, ByShape], path: Path) -> None:
    """Draw the return of pushed states and the accuracy, a column per variant, a dot per shape."""
    from matplotlib.figure import Figure

    if not variants:
        return
    figure_ = Figure(figsize=(7.4, 3.0), layout="constrained")
    left, right = figure_.subplots(1, 2)
    for place, shapes in enumerate(variants.values()):
        back = [_back(records) for records in pushed(shapes).values()]
        dtw = [figure(records, "dtw") for records in shapes.values()]
        for ax, heights in ((left, back), (right, dtw)):
            if not heights:
                continue
            ax.plot([place] * len(heights), heights, "o", ms=4, color=FIELD)
            ax.plot([place - 0.3, place + 0.3], [np.mean(heights)] * 2, color=ROLLOUT["color"])
    for ax, text in ((left, "back after [% of the duration]"), (right, "DTW unseen [mm]")):
        ax.set_xticks(range(len(variants)), list(variants), rotation=35, ha="right")
        _from_zero(ax)
        label_axes(ax, "", text)
    save_figure(figure_, path)


def _back(records: Sequence[Record]) -> float:
    """Return mean time of a shape's pushed states, in % of its duration; twice it for none."""
    times = [
        200.0 if row["time"] is None else 100.0 * row["time"] / record["pushes"]["duration"]
        for record in records
        for row in record["pushes"]["rows"]
    ]
    return float(np.mean(times))
