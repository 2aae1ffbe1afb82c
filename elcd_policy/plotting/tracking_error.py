"""The tracking error of a run over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ShapeError
from .style import INK, LINE, PUSH, REACHED, ROLLOUT, add_legend, label_axes, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_tracking_error(
    time: ArrayLike,
    error: ArrayLike,
    *,
    pushes: Sequence[tuple[float, float]] = (),
    tolerance: float | None = None,
    goal_time: float | None = None,
    title: str = "",
    path: str | Path | None = None,
) -> Figure:
    """Draw a run's tracking error over time, with its pushes marked.

    Parameters
    ----------
    time : [K] in s.
    error : [K] in mm.
    pushes : start and end of each push, in s.
    tolerance : in mm, drawn as a line.
    goal_time : when the goal was reached, in s.
    path : where to save the figure as well, see `save_figure`.

    Raises
    ------
    ShapeError
        If time and error are not of one length.
    ParameterError
        If the path has an unknown suffix.
    """
    from matplotlib.figure import Figure

    time, error = np.asarray(time, dtype=np.float64), np.asarray(error, dtype=np.float64)
    if time.ndim != 1 or time.shape != error.shape or not time.size:
        raise ShapeError(
            "an error over time can't be drawn",
            got=f"shapes {list(time.shape)} and {list(error.shape)}",
            expected="[K] and [K], at least one sample",
        )
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    figure.suptitle(title, fontsize=11, color=INK)
    ax = figure.subplots()
    ax.plot(time, error, color=ROLLOUT["color"], lw=1.5, label="tracking error", **LINE)
    for i, (start, end) in enumerate(pushes):
        ax.axvspan(start, end, color=PUSH, alpha=0.35, lw=0, label="" if i else "push")
    if tolerance is not None:
        ax.axhline(
            tolerance, color=INK, lw=1.0, ls=(0, (5, 3)), label=f"tolerance {tolerance:g} mm"
        )
    if goal_time is not None:
        ax.axvline(
            goal_time,
            color=REACHED,
            lw=1.4,
            ls=(0, (1, 1.5)),
            label=f"goal reached at {goal_time:.1f} s",
        )
    finite = error[np.isfinite(error)]
    ax.set_ylim(0.0, 1.1 * max([*finite, tolerance or 0.0]) or 1.0)
    ax.set_xlim(time[0], max(time[-1], goal_time or time[-1]))
    label_axes(ax, "time [s]", "tracking error [mm]")
    add_legend(figure, ax)
    if path is not None:
        save_figure(figure, path)
    return figure
