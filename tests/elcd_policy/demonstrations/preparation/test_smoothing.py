"""The smoothing spline: what it keeps, what it damps, and the same as scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import make_smoothing_spline

from elcd_policy.demonstrations.preparation import smooth_motion
from elcd_policy.errors import ParameterError


@pytest.mark.parametrize(
    ("frequency", "gain"), [(1.0, 1 / (1 + 1 / 256)), (4.0, 0.5), (8.0, 1 / 17)]
)
def test_the_gain_is_that_of_a_butterworth_filter_run_twice(frequency: float, gain: float) -> None:
    time = np.linspace(0.0, 6.0, 1201)
    wave = np.sin(2 * np.pi * frequency * time)
    smooth = smooth_motion(time, wave[:, None], cutoff=4.0)(time)[:, 0]
    inner = slice(300, -300)
    np.testing.assert_allclose(smooth[inner], gain * wave[inner], atol=0.003)


def test_straight_motion_is_kept_to_the_ends() -> None:
    time = np.sort(np.random.default_rng(0).uniform(0.0, 3.0, 80))
    line = np.outer(time, [3.0, -2.0]) + 5.0
    motion = smooth_motion(time, line)
    np.testing.assert_allclose(motion(time), line, atol=1e-9)
    np.testing.assert_allclose(motion(time, 1), np.tile([3.0, -2.0], (80, 1)), atol=1e-7)


def test_it_is_the_spline_that_scipy_finds() -> None:
    rng = np.random.default_rng(1)
    time, walk = np.sort(rng.uniform(0.0, 4.0, 120)), np.cumsum(rng.normal(size=120))
    strength = (2 * np.pi * 3.0) ** -4
    expected = make_smoothing_spline(time, walk, w=np.gradient(time), lam=strength)
    found = smooth_motion(time, walk[:, None], cutoff=3.0)
    even = np.linspace(time[0], time[-1], 500)
    np.testing.assert_allclose(found(even)[:, 0], expected(even), atol=1e-6)


@pytest.mark.parametrize("cutoff", [0.0, -1.0, np.nan, np.inf])
def test_a_cutoff_out_of_range_is_refused(cutoff: float) -> None:
    with pytest.raises(ParameterError, match="Hz, expected above 0"):
        smooth_motion(np.arange(6.0), np.zeros((6, 1)), cutoff)
