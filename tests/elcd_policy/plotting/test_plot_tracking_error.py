"""The picture of an error over time: pushes, tolerance, goal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy.errors import ShapeError
from elcd_policy.plotting import plot_tracking_error

TIME = np.linspace(0.0, 10.0, 2500)
ERROR = 1.0 + 17.0 * np.exp(-np.abs(TIME - 3.0))


def test_everything_is_marked_and_named(tmp_path: Path) -> None:
    figure = plot_tracking_error(
        TIME,
        ERROR,
        pushes=[(2.0, 2.2), (5.0, 5.3)],
        tolerance=5.0,
        goal_time=9.0,
        title="a run",
        path=tmp_path / "error.png",
    )
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["tracking error", "push", "tolerance 5 mm", "goal reached at 9.0 s"]
    (ax,) = figure.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time [s]", "tracking error [mm]")
    spans = [patch.get_extents().transformed(ax.transData.inverted()) for patch in ax.patches]
    np.testing.assert_allclose([(s.x0, s.x1) for s in spans], [(2.0, 2.2), (5.0, 5.3)])
    assert ax.get_ylim() == pytest.approx((0.0, 1.1 * ERROR.max()))
    assert 5_000 < (tmp_path / "error.png").stat().st_size < 300_000


def test_the_legend_lies_outside_the_data() -> None:
    figure = plot_tracking_error(TIME, ERROR, tolerance=20.0)
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().y1 < figure.axes[0].get_window_extent().y0
    assert figure.axes[0].get_ylim()[1] > 20.0


@pytest.mark.parametrize("error", [np.zeros(2500), np.full(2500, np.nan)])
def test_a_run_without_error_or_without_numbers_is_drawn(error: np.ndarray) -> None:
    assert plot_tracking_error(TIME, error).axes[0].get_ylim() == (0.0, 1.0)


def test_unlike_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"got shapes \[2500\] and \[2499\]"):
        plot_tracking_error(TIME, ERROR[1:])
