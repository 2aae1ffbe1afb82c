"""Figures of a control loop from its ticks."""

from __future__ import annotations

import numpy as np
import pytest

from elcd_policy_ros2.following.timing import TICKS, TickTimes


def test_two_ticks_are_needed() -> None:
    times = TickTimes(0.01)
    assert times.figures() == {}
    times.note(0.0, 0.001)
    assert times.figures() == {}


def test_rate_percentiles_and_late_ticks_of_the_newest() -> None:
    times = TickTimes(0.01)
    for tick in range(50):  # to be forgotten
        times.note(tick * 1.0, tick + 0.9)
    begins = 100.0 + 0.01 * np.arange(TICKS)
    begins[500:] += 0.02  # one late tick
    for k, begin in enumerate(begins):
        times.note(begin, begin + 0.001 * (1 + k % 4))
    figures = times.figures()
    assert figures["rate_hz"] == pytest.approx((TICKS - 1) / (begins[-1] - begins[0]))
    assert figures["late_ticks_percent"] == pytest.approx(100.0 / (TICKS - 1))
    assert figures["period_p99_ms"] == pytest.approx(10.0, abs=0.1)
    assert [figures[f"tick_{name}_ms"] for name in ("p50", "p95", "p99", "max")] == pytest.approx(
        [2.5, 4.0, 4.0, 4.0], abs=1e-3
    )
