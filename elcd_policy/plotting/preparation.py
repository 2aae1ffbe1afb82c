"""Raw demonstrations beside what `elcd_policy.demonstrations.preparation` made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..demonstrations import DemonstrationSet
from .style import (
    DEMONSTRATION,
    EXECUTED,
    INK,
    LINE,
    PUSH,
    ROLLOUT,
    add_legend,
    label_axes,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..demonstrations.preparation import Findings


def plot_preparation(
    raw: DemonstrationSet,
    prepared: DemonstrationSet,
    findings: Findings,
    *,
    title: str = "",
    path: str | Path | None = None,
) -> Figure:
    """Draw the paths in planes of two coordinates, and the distance gone over time.

    Parameters
    ----------
    raw, prepared : as many demonstrations in the same order.
    findings : of the raw ones; the rests are shaded, contradictory places dotted.
    path : where to save the figure as well, see `save_figure`.

    Raises
    ------
    ParameterError
        If the path has an unknown suffix.
    """
    from matplotlib.figure import Figure

    planes = [(0, 1), (0, 2)][: min(raw.dimension, 3) - 1]
    figure: Any = Figure(layout="constrained", figsize=(4.2 * (len(planes) + 1), 4.6))
    figure.suptitle(title, fontsize=11, color=INK)
    *drawn, over_time = figure.subplots(1, len(planes) + 1, squeeze=False)[0]
    for ax, axes in zip(drawn, planes, strict=True):
        _plane(ax, axes, raw, prepared, findings)
    _distance(over_time, raw, findings)
    _distance(over_time, prepared, findings, raw)
    add_legend(figure, drawn[0] if drawn else over_time)
    if path is not None:
        save_figure(figure, path)
    return figure


def _plane(
    ax: Axes,
    axes: tuple[int, int],
    raw: DemonstrationSet,
    prepared: DemonstrationSet,
    findings: Findings,
) -> None:
    i, j = axes
    for motions, style, label in (
        (raw, DEMONSTRATION, "recorded"),
        (prepared, ROLLOUT, "prepared"),
    ):
        for motion in motions:
            ax.plot(motion.position[:, i], motion.position[:, j], label=label, **style, **LINE)
    ends = np.array([motion.goal for motion in prepared])
    mark: dict[str, Any] = {"ls": "", "zorder": 6}
    ax.plot(ends[:, i], ends[:, j], "o", ms=4, color=INK, label="ends", **mark)
    if len(findings.places):
        ax.plot(
            findings.places[:, i],
            findings.places[:, j],
            ".",
            ms=4,
            color=EXECUTED["color"],
            label="opposed directions",
            **mark,
        )
    ax.set_aspect("equal", adjustable="datalim")
    ax.margins(0.06)
    names = "xyz" if raw.dimension <= 3 or raw.orientation is not None else ("x0", "x1", "x2")
    label_axes(ax, f"{names[i]} [{raw.units}]", f"{names[j]} [{raw.units}]")


def _distance(
    ax: Axes,
    motions: DemonstrationSet,
    findings: Findings,
    recorded: DemonstrationSet | None = None,
) -> None:
    """Plot the distance from the first sample; prepared motions where they were recorded."""
    for index, motion in enumerate(motions):
        before, after = findings.rest[index]
        origin, begin = motion.position[0], 0.0
        if recorded is not None:
            origin, begin = recorded[index].position[0], before
        time = motion.time - motion.time[0] + begin
        style = DEMONSTRATION if recorded is None else ROLLOUT
        ax.plot(time, _length(motion.position[:, :3] - origin[:3]), **style, **LINE)
        if recorded is None:
            shade: dict[str, Any] = {"color": PUSH, "alpha": 0.6 / len(motions), "lw": 0}
            ax.axvspan(0.0, before, **shade)
            ax.axvspan(motion.duration - after, motion.duration, **shade)
    ax.set_title("shaded: rests that are cut", fontsize=9, color=INK)
    ax.margins(x=0.01)
    label_axes(ax, "time [s]", f"distance from the start [{motions.units}]")


def _length(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(x, axis=1)
