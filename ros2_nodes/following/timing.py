"""Timing of a control loop: rate, percentiles, missed deadlines."""

from __future__ import annotations

import numpy as np

TICKS = 1000  # the newest ones count
LATE = 1.5  # nominal periods from one tick to the next that count as a missed deadline


class TickTimes:
    """Begins and durations of the newest ticks.

    Parameters
    ----------
    period : s, nominal, from one tick to the next.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._begins, self._durations = np.zeros(TICKS), np.zeros(TICKS)
        self._count = 0

    def note(self, begin: float, end: float) -> None:
        """Note a tick; s on a steady clock."""
        row = self._count % TICKS
        self._begins[row], self._durations[row] = begin, end - begin
        self._count += 1

    def figures(self) -> dict[str, object]:
        """Return rate, percentiles of period and duration, misses; empty before two ticks."""
        if self._count < 2:
            return {}
        newest = np.arange(max(0, self._count - TICKS), self._count) % TICKS
        periods = np.diff(self._begins[newest])
        durations = 1e3 * self._durations[newest]
        p50, p95, p99 = np.percentile(durations, (50, 95, 99))
        return {
            "rate_hz": float(1.0 / periods.mean()),
            "period_p99_ms": float(1e3 * np.percentile(periods, 99)),
            "late_ticks_percent": float(100.0 * np.mean(periods > LATE * self._period)),
            "tick_p50_ms": float(p50),
            "tick_p95_ms": float(p95),
            "tick_p99_ms": float(p99),
            "tick_max_ms": float(durations.max()),
        }
