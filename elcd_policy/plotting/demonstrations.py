"""Demonstrations as they were recorded, the odd ones named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..demonstrations import DemonstrationSet
from ..demonstrations.inspection import ODD_ONES
from .style import DEMONSTRATION, EXECUTED, INK, LINE, add_legend, label_axes, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..demonstrations.inspection import Finding


def plot_demonstrations(
    demonstrations: DemonstrationSet,
    findings: Sequence[Finding] = (),
    *,
    title: str = "",
    path: str | Path | None = None,
) -> Figure:
    """Draw the paths in planes of two coordinates, and the first three coordinates over time.

    Parameters
    ----------
    demonstrations : to draw.
    findings : whose odd demonstrations are drawn in another colour, and whose places are dotted.
    path : where to save the figure as well, see `save_figure`.

    Raises
    ------
    ParameterError
        If the path has an unknown suffix.
    """
    from matplotlib.figure import Figure

    odd = {k for finding in findings if finding.kind in ODD_ONES for k in finding.demonstrations}
    names, units = demonstrations.names, demonstrations.coordinate_units
    d = demonstrations.dimension
    planes = [(0, 1), (0, 2)][: min(d, 3) - 1]
    figure: Any = Figure(layout="constrained", figsize=(4.2 * (len(planes) + 1), 4.6))
    figure.suptitle(title, fontsize=11, color=INK)
    *drawn, over_time = figure.subplots(1, len(planes) + 1, squeeze=False)[0]
    for index, motion in enumerate(demonstrations):
        style = EXECUTED if index in odd else DEMONSTRATION
        label = motion.name if index in odd else "demonstration"
        for ax, (i, j) in zip(drawn, planes, strict=True):
            ax.plot(motion.position[:, i], motion.position[:, j], label=label, **style, **LINE)
            ax.plot(*motion.goal[[i, j]], "o", ms=4, color=INK, label="ends", zorder=6)
        away = np.abs(motion.position - motion.position[0]).max(axis=1)
        over_time.plot(motion.time - motion.time[0], away, label=label, **style, **LINE)
    for ax, (i, j) in zip(drawn, planes, strict=True):
        for finding in findings:
            places = finding.places
            if places.size and places.shape[1] == d:
                ax.plot(places[:, i], places[:, j], "x", color=INK, label=finding.kind, zorder=7)
        if units[i] == units[j]:
            ax.set_aspect("equal", adjustable="datalim")
        ax.margins(0.06)
        label_axes(ax, f"{names[i]} [{units[i]}]", f"{names[j]} [{units[j]}]")
    label_axes(over_time, "time [s]", f"farthest coordinate from the start [{units[0]}]")
    add_legend(figure, drawn[0] if drawn else over_time)
    if path is not None:
        save_figure(figure, path)
    return figure
