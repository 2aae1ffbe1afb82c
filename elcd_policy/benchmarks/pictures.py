"""Pictures of the LASA benchmark, drawn from its stored results."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..demonstrations import load_lasa
from ..files import written_whole
from ..plotting import save_figure
from ..plotting.style import DEMONSTRATION, FIELD, INK, LINE, ROLLOUT, label_axes
from .summary import METHODS, Record, Results
from .tables import curve

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


def draw_fields(records: Sequence[Record], path: Path) -> Path | None:
    """All fields that are stored, a panel each, with demonstrations and rollouts.

    Raises
    ------
    MissingExtraError
        If the demonstrations, which are not stored with the results, are not installed.
    """
    from matplotlib.figure import Figure

    drawn = [record for record in records if "drawing" in record]
    if not drawn:
        return None
    drawn.sort(key=lambda record: record["shape"].casefold())
    rows = -(-len(drawn) // COLUMNS)
    figure = Figure(figsize=(1.75 * COLUMNS, 1.8 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for ax, record in zip(panels, drawn, strict=False):
        _panel(ax, record)
    for ax in panels[len(drawn) :]:
        ax.set_axis_off()
    return _save_small(figure, path)


def _save_small(figure: Figure, path: Path) -> Path:
    """As a .png of few colours, a third of the size."""
    from PIL import Image

    full = io.BytesIO()
    figure.savefig(full, format="png", dpi=110)
    few = Image.open(full).convert("RGB").quantize(COLOURS_KEPT, dither=Image.Dither.NONE)
    with written_whole(path) as file:
        few.save(file, format="png", optimize=True)
    return path


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
    ax.plot(*demonstrations.goal, "*", ms=5, mfc="#f0e442", mec=INK, mew=0.4, zorder=6)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
    ax.set_title(record["shape"], fontsize=7, color=INK, pad=2)
    ax.spines[:].set(color=FIELD, linewidth=0.4)


def draw_curve(results: Results, path: Path) -> Path | None:
    """DTW on unseen demonstrations over the number shown, a line per method."""
    from matplotlib.figure import Figure

    curves = {method: curve(results, method)[1] for method in results.methods("c")}
    curves = {method: points for method, points in curves.items() if points}
    if not curves:
        return None
    figure = Figure(figsize=(5.4, 3.2), layout="constrained")
    ax = figure.subplots()
    for method, points in curves.items():
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
    ax.set_ylim(0.0, None)
    label_axes(ax, "demonstrations shown", "DTW on unseen ones [mm]")
    ax.legend(frameon=False, fontsize=8, labelcolor=INK)
    return save_figure(figure, path)
