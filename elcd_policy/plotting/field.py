"""A policy's field with what was shown and what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..demonstrations import DemonstrationSet
from ..errors import ParameterError, ShapeError
from ..obstacles import Obstacle
from .style import (
    DEMONSTRATION,
    EXECUTED,
    FIELD,
    INK,
    LINE,
    OBSTACLE,
    ROLLOUT,
    add_legend,
    label_axes,
    legend_handles,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Motion = tuple[ArrayLike, ArrayLike]
"""Time [K] in s, and positions [K, d] or, of several motions at once, [K, N, d]."""

_GRID = 60


class _Scene(NamedTuple):
    """A drawing: curves as (style, label, time [K], positions [K, d]), within a box."""

    curves: list[tuple[dict[str, Any], str, Array, Array]]
    goal: Array
    lower: Array
    upper: Array
    units: str
    poses: bool
    velocity: Callable[[Array], ArrayLike] | None
    obstacles: Sequence[Obstacle]

    def coordinate(self, i: int) -> str:
        """Name and unit of a coordinate over time."""
        if not self.poses:
            return f"x{i} [{self.units}]"
        return f"{'xyz'[i]} [{self.units}]" if i < 3 else f"r{'xyz'[i - 3]} [rad]"


def plot_field(
    velocity: Callable[[Array], ArrayLike] | None,
    demonstrations: DemonstrationSet,
    *,
    rollouts: Sequence[Motion] = (),
    executed: Motion | None = None,
    goal: ArrayLike | None = None,
    obstacles: Sequence[Obstacle] = (),
    title: str = "",
    ax: Axes | None = None,
    path: str | Path | None = None,
) -> Figure:
    """Draw a policy's field with demonstrations, rollouts, the executed path and the goal.

    Two coordinates are drawn in their plane over the field's streamlines, three in three
    projections of one scale, any other number each over time.

    Parameters
    ----------
    velocity : positions [N, d] to velocities [N, d], such as ``policy.velocity``; used for
        d = 2 only, None leaves the streamlines out.
    demonstrations : gives the dimension, the units and the part of space that is shown.
    rollouts : as ``policy.rollout`` returns them, in the demonstrations' units.
    executed : what the robot did, converted to the demonstrations' units.
    goal : [d]; by default the demonstrations' goal.
    obstacles : bodies in the demonstrations' coordinates, drawn where they have a shadow.
    ax : where to draw instead of on a new figure, without legend; d = 2 only.
    path : where to save the figure as well, see `save_figure`.

    Raises
    ------
    ShapeError
        If a motion or the goal does not have the demonstrations' dimension.
    ParameterError
        If ``ax`` is given and d is not 2, or the path has an unknown suffix.
    """
    from matplotlib.figure import Figure

    d = demonstrations.dimension
    target = np.asarray(demonstrations.goal if goal is None else goal, dtype=np.float64)
    if target.shape != (d,):
        raise ShapeError("the goal can't be drawn", got=list(target.shape), expected=f"[{d}]")
    curves = [
        (DEMONSTRATION, "demonstrations", demo.time, demo.position) for demo in demonstrations
    ]
    for motion in rollouts:
        curves += [(ROLLOUT, "rollouts", *curve) for curve in _curves(motion, d)]
    if executed is not None:
        curves += [(EXECUTED, "executed", *curve) for curve in _curves(executed, d)]
    lower, upper = _find_box(demonstrations, target, [positions for *_, positions in curves])
    poses = demonstrations.orientation is not None
    scene = _Scene(curves, target, lower, upper, demonstrations.units, poses, velocity, obstacles)

    figure: Any
    if ax is None:
        figure = Figure(layout="constrained")
        figure.suptitle(title, fontsize=11, color=INK)
        {2: _one_plane, 3: _three_planes}.get(d, _over_time)(figure, scene)
    elif d == 2:
        figure = ax.figure
        ax.set_title(title, fontsize=11, color=INK)
        _plane(ax, (0, 1), scene)
    else:
        raise ParameterError("axes can't be given", got=f"{d} coordinates", expected="2")
    if path is not None:
        save_figure(figure, path)
    return figure


def _one_plane(figure: Figure, scene: _Scene) -> None:
    width, height = scene.upper - scene.lower
    inches = 5.4 / max(width, height)
    figure.set_size_inches(max(width * inches, 4.0) + 0.8, max(height * inches, 1.6) + 1.0)
    ax = figure.subplots()
    _plane(ax, (0, 1), scene)
    add_legend(figure, ax)


def _three_planes(figure: Figure, scene: _Scene) -> None:
    """Lay out three views as on a drawing board; the legend fills the fourth place."""
    x, y, z = scene.upper - scene.lower
    inches = 6.2 / max(x + y, y + z)
    figure.set_size_inches((x + y) * inches + 1.4, (y + z) * inches + 1.2)
    ratios = {"width_ratios": [x, y], "height_ratios": [z, y]}
    (xz, yz), (xy, corner) = figure.subplots(2, 2, gridspec_kw=ratios)
    for ax, axes in ((xz, (0, 2)), (yz, (1, 2)), (xy, (0, 1))):
        _plane(ax, axes, scene)
    corner.set_axis_off()
    handles = legend_handles(xz)
    corner.legend(
        handles.values(), handles, loc="center", frameon=False, fontsize=9, labelcolor=INK
    )


def _over_time(figure: Figure, scene: _Scene) -> None:
    d = len(scene.goal)
    columns = min(d, 2)
    rows = -(-d // columns)
    figure.set_size_inches(4.0 * columns + 0.6, 1.7 * rows + 1.2)
    panels = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
    for i, ax in enumerate(panels[:d]):
        for style, label, time, positions in scene.curves:
            ax.plot(time - time[0], positions[:, i], label=label, **style, **LINE)
        ax.axhline(scene.goal[i], color=INK, lw=0.9, ls=(0, (5, 3)), zorder=2, label="goal")
        ax.set_ylim(scene.lower[i], scene.upper[i])
        ax.margins(x=0.01)
        label_axes(ax, "time [s]" if i >= d - columns else "", scene.coordinate(i))
        ax.tick_params(labelbottom=i >= d - columns)
    for ax in panels[d:]:
        ax.set_axis_off()
    add_legend(figure, panels[0])


def _plane(ax: Axes, axes: tuple[int, int], scene: _Scene) -> None:
    i, j = axes
    left, right, bottom, top = scene.lower[i], scene.upper[i], scene.lower[j], scene.upper[j]
    if scene.velocity is not None and len(scene.goal) == 2:
        x, y = np.linspace(left, right, _GRID), np.linspace(bottom, top, _GRID)
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        u, v = np.asarray(scene.velocity(points)).reshape(_GRID, _GRID, 2).transpose(2, 0, 1)
        density = 1.2 * np.array([right - left, top - bottom]) / max(right - left, top - bottom)
        ax.streamplot(
            x, y, u, v, density=tuple(density), color=FIELD, linewidth=0.7, arrowsize=0.7, zorder=1
        )
    for obstacle in scene.obstacles:
        if j < obstacle.dimension:
            ax.fill(*obstacle.outline(axes).T, label="obstacle", **OBSTACLE)
    for style, label, _, positions in scene.curves:
        ax.plot(positions[:, i], positions[:, j], label=label, **style, **LINE)
    star: dict[str, Any] = {
        "ms": 13,
        "mfc": "#f0e442",
        "mec": INK,
        "mew": 0.8,
        "ls": "",
        "zorder": 6,
    }
    ax.plot(scene.goal[i], scene.goal[j], "*", label="goal", **star)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    label_axes(ax, f"{'xyz'[i]} [{scene.units}]", f"{'xyz'[j]} [{scene.units}]")


def _curves(motion: Motion, d: int) -> list[tuple[Array, Array]]:
    time, positions = (np.asarray(part, dtype=np.float64) for part in motion)
    k, last = (positions.shape[0], positions.shape[-1]) if positions.ndim else (0, 0)
    if positions.ndim not in (2, 3) or time.shape != (k,) or k == 0 or last != d:
        raise ShapeError(
            "a motion can't be drawn",
            got=f"time {list(time.shape)} and positions {list(positions.shape)}",
            expected=f"[K] and [K, {d}] or [K, N, {d}]",
        )
    return [(time, path) for path in positions.reshape(len(time), -1, d).swapaxes(0, 1)]


def _find_box(
    demonstrations: DemonstrationSet, goal: Array, paths: list[Array]
) -> tuple[Array, Array]:
    """Return the corners of what is drawn: all, unless it runs far out of the demonstrated box."""
    lower, upper = demonstrations.workspace
    reach = (upper - lower).max()
    points = np.concatenate([goal[None], *paths])
    points = np.clip(points[np.isfinite(points).all(axis=1)], lower - reach, upper + reach)
    lower, upper = points.min(axis=0), points.max(axis=0)
    margin = 0.08 * (upper - lower).max()
    return lower - margin, upper + margin
