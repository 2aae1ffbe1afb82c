"""The pictures of a campaign's report."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy.plotting.style import DEMONSTRATION, EXECUTED, INK, REACHED, add_legend, label_axes

from ..campaigns.campaign_result import CampaignResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Vector = NDArray[np.float64]

COLUMNS = 3  # of panels
BOXES = (
    ("peak_deviation_mm", "peak deviation [mm]"),
    ("return_time_s", "time back [s]"),
    ("end_error_mm", "end error [mm]"),
)


def path_figure(results: Sequence[CampaignResult]) -> Figure:
    """Draw the TCP's paths in all episodes, a panel for each campaign, in the motion's plane."""
    from matplotlib.figure import Figure

    rows = -(-len(results) // COLUMNS)
    columns = -(-len(results) // rows)
    figure = Figure(figsize=(3.4 * columns + 0.4, 3.2 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax, result in zip(panels, results, strict=False):
        axes, names = _plane(result)
        for line in result.corridor:
            ax.plot(*_project(line, axes), label="demonstrations", **DEMONSTRATION)
        faint = {"lw": 1.0, "alpha": max(0.3, 1.0 - 0.01 * len(result.episodes))}
        style: dict[str, Any] = {**EXECUTED, **faint}
        for episode in result.episodes:
            ax.plot(*_project(episode.path_m, axes), label="executed", **style)
        ax.plot(*_project([result.goal], axes), "*", label="goal", ms=11, mfc="#f0e442", mec=INK)
        ax.set_title(_title(result, results), fontsize=10, color=INK)
        ax.set_aspect("equal", adjustable="datalim")
        label_axes(ax, f"{names[0]} [mm]", f"{names[1]} [mm]")
    for ax in panels[len(results) :]:
        ax.set_axis_off()
    add_legend(figure, panels[0])
    return figure


def box_figure(results: Sequence[CampaignResult]) -> Figure:
    """Draw the spread of the figures: every episode a dot, the median a line."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    height = 0.42 * len(results) + 1.0
    figure = Figure(figsize=(10.4, height), layout=ConstrainedLayoutEngine(w_pad=0.12))
    panels = figure.subplots(1, len(BOXES), sharey=True, squeeze=False).ravel()
    titles = [_title(result, results) for result in results]
    for ax, (name, label) in zip(panels, BOXES, strict=True):
        for row, result in enumerate(results):
            found = [getattr(episode, name) for episode in result.episodes]
            values = np.array([value for value in found if value is not None])
            # Dots of equal value are told apart; the same report has the same picture.
            jitter = np.random.default_rng(row).uniform(-0.22, 0.22, len(values))
            ax.plot(values, row + jitter, "o", ms=3, mec="none", alpha=0.45, color="#d55e00")
            if len(values):
                ax.plot([np.median(values)] * 2, [row - 0.32, row + 0.32], color=INK, lw=2)
            missing = len(found) - len(values)
            if missing:
                text = f" never: {missing}"
                at = ax.get_yaxis_transform()
                ax.text(1.0, row, text, transform=at, fontsize=8, va="center", ha="right")
        ax.set_xlim(left=0.0)
        ax.grid(axis="x", color="#dddddd", lw=0.6)
        ax.set_axisbelow(True)
        label_axes(ax, label, "")
    panels[0].set_yticks(range(len(results)), titles, fontsize=9)
    panels[0].set_ylim(len(results) - 0.5, -0.5)
    return figure


def recovery_figure(results: Sequence[CampaignResult]) -> Figure:
    """Draw how far each episode was driven off, and how long it took to come back."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.6), layout="constrained")
    ax = figure.subplots()
    markers = "os^Dvp*X"
    colours = ("#004b87", REACHED, "#d55e00", "#cc79a7", "#e69f00", "#56b4e9")
    for index, result in enumerate(results):
        points = [
            (episode.peak_deviation_mm, episode.return_time_s)
            for episode in result.episodes
            if episode.return_time_s is not None
        ]
        if points:
            ax.plot(
                *np.transpose(points),
                markers[index % len(markers)],
                ms=4,
                alpha=0.7,
                color=colours[index % len(colours)],
                label=_title(result, results),
            )
    ax.set_xlim(left=0.0)
    ax.set_ylim(bottom=0.0)
    label_axes(ax, "peak deviation [mm]", "time back [s]")
    if len(results) > 1:
        ax.legend(fontsize=8, frameon=False, labelcolor=INK)
    return figure


def render_svg(figure: Figure) -> bytes:
    """Render a figure as SVG, the same bytes for the same figure."""
    import matplotlib

    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "elcd_policy"}):
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()


def _plane(result: CampaignResult) -> tuple[tuple[int, int], tuple[str, str]]:
    """Return the two axes of the base frame along which the demonstrations reach farthest."""
    points = np.concatenate([np.array(line) for line in result.corridor])
    first, second = sorted(np.argsort(np.ptp(points, axis=0))[-2:].tolist())
    return (first, second), ("xyz"[first], "xyz"[second])


def _project(points: Sequence[Sequence[float]], axes: tuple[int, int]) -> Vector:
    return 1e3 * np.array(points)[:, list(axes)].T


def _title(result: CampaignResult, results: Sequence[CampaignResult]) -> str:
    """Return a title that tells a campaign from the others."""
    several = len({other.robot for other in results}) > 1
    return f"{result.method}, {result.robot}" if several else result.method
