"""The picture of a field: every dimension, everything on it, in little space."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.plotting import plot_field

TIME = np.linspace(0.0, 4.0, 60)


def demos(d: int) -> DemonstrationSet:
    def curve(k: int) -> np.ndarray:
        return np.stack([np.cos(TIME / (i + 1)) * (4.0 - TIME) + k / 9 for i in range(d)], axis=1)

    return DemonstrationSet([Demonstration(TIME + k, curve(k)) for k in range(3)], units="mm")


def labels(figure: Figure) -> list[str]:
    corner = [legend for ax in figure.axes if (legend := ax.get_legend())]
    return [text.get_text() for legend in figure.legends or corner for text in legend.get_texts()]


@pytest.mark.parametrize("d", [1, 2, 3, 4, 7])
def test_any_dimension_is_drawn_with_legend_and_units(d: int, tmp_path: Path) -> None:
    shown = demos(d)
    one, many = shown[0].position + 0.1, np.stack([demo.position for demo in shown], axis=1)
    figure = plot_field(
        lambda x: -x,
        shown,
        rollouts=[(TIME, one), (TIME, many)],
        executed=(TIME, one),
        title="a field",
        path=tmp_path / "field.png",
    )
    assert labels(figure) == ["demonstrations", "rollouts", "executed", "goal"]
    panels = [ax for ax in figure.axes if ax.axison]
    assert len(panels) == (1 if d == 2 else d)
    assert all(ax.get_ylabel().endswith("[mm]") for ax in panels)
    # 3 demonstrations, 1 + 3 rollouts, 1 executed, 1 goal.
    assert all(len(ax.lines) == 9 for ax in panels)
    assert 5_000 < (tmp_path / "field.png").stat().st_size < 300_000
    assert imread(tmp_path / "field.png")[..., :3].std() > 0.02


def test_a_plane_shows_the_field_where_the_demonstrations_are() -> None:
    asked = []

    def velocity(x: np.ndarray) -> np.ndarray:
        asked.append(x)
        return -x

    shown = demos(2)
    ax = plot_field(velocity, shown).axes[0]
    lower, upper = shown.workspace
    (points,) = asked
    assert (points.min(axis=0) < lower).all()
    assert (points.max(axis=0) > upper).all()
    assert len(ax.collections) == 1
    assert ax.get_aspect() == 1.0
    assert not plot_field(None, shown).axes[0].collections


def test_projections_share_one_scale() -> None:
    figure = plot_field(None, demos(3))
    figure.draw_without_rendering()
    scales = []
    for ax in figure.axes[:3]:
        box = ax.get_window_extent()
        scales.append(box.width / np.ptp(ax.get_xlim()))
        scales.append(box.height / np.ptp(ax.get_ylim()))
    np.testing.assert_allclose(scales, scales[0], rtol=0.05)


def test_a_rollout_that_ran_away_does_not_shrink_the_rest() -> None:
    shown = demos(2)
    lower, upper = shown.workspace
    extent = (upper - lower).max()
    away = np.geomspace(1.0, 1e12, 60)[:, None] * np.ones(2)
    away[-5:] = np.nan
    ax = plot_field(None, shown, rollouts=[(TIME, away)]).axes[0]
    assert np.ptp(ax.get_xlim()) < 4 * extent
    assert np.ptp(ax.get_ylim()) < 4 * extent


def test_a_moved_goal_is_shown() -> None:
    ax = plot_field(None, demos(2), goal=[6.0, 1.0]).axes[0]
    np.testing.assert_array_equal(ax.lines[-1].get_xydata(), [[6.0, 1.0]])
    assert ax.get_xlim()[1] > 6.0


def test_the_coordinates_of_poses_are_named() -> None:
    small = [Demonstration(demo.time, demo.position / 10) for demo in demos(6)]
    turning = DemonstrationSet(small, orientation=np.array([0.0, 0.0, 0.0, 1.0]))
    names = [ax.get_ylabel() for ax in plot_field(None, turning).axes]
    assert names == ["x [m]", "y [m]", "z [m]", "rx [rad]", "ry [rad]", "rz [rad]"]


def test_given_axes_are_drawn_on() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plot_field(None, demos(2), ax=right, title="right") is figure
    assert (len(left.lines), len(right.lines), right.get_title()) == (0, 4, "right")
    with pytest.raises(ParameterError, match="got 3 coordinates, expected 2"):
        plot_field(None, demos(3), ax=left)


@pytest.mark.parametrize(
    "motion", [(TIME, np.zeros((60, 3))), (TIME[1:], np.zeros((60, 2))), ([], np.zeros((0, 2)))]
)
def test_motions_that_do_not_fit_are_refused(motion: tuple) -> None:
    with pytest.raises(ShapeError, match=r"expected \[K\] and \[K, 2\] or \[K, N, 2\]"):
        plot_field(None, demos(2), executed=motion)
    with pytest.raises(ShapeError, match=r"goal can't be drawn: got \[3\], expected \[2\]"):
        plot_field(None, demos(2), goal=[1.0, 2.0, 3.0])


def test_matplotlib_is_imported_when_a_picture_is_made() -> None:
    code = "import elcd_policy.plotting, sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
