"""The figures of the benchmark of speed: from streams whose faults are known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elcd_policy_benchmarks.ros.rate import Heard, stream_figures
from elcd_policy_benchmarks.ros.subject import rate_table

RATE, PERIOD = 250.0, 0.004
BEGIN = 1.7e9  # s: times of a real clock leave few digits


def stream(ticks: np.ndarray) -> Heard:
    """Commands at ticks of the grid, each 1 ms after a state, 0.5 ms on their way."""
    commands = BEGIN + 0.001 + PERIOD * ticks
    states = BEGIN + PERIOD * np.arange(1000)
    return Heard(states, commands, commands + 0.0005)


def test_an_even_stream_misses_nothing() -> None:
    found = stream_figures(stream(np.arange(1000.0)), RATE)
    assert found["missed_percent"] == 0.0
    assert found["command_rate_hz"] == pytest.approx(RATE, rel=1e-6)
    assert found["period_p99_ms"] == pytest.approx(4.0, abs=1e-3)
    assert found["command_age_p99_ms"] == pytest.approx(1.5, abs=1e-3)
    assert found["state_rate_hz"] == pytest.approx(RATE, rel=1e-6)


def test_ticks_that_are_left_out_or_too_late_are_missed() -> None:
    ticks = np.arange(1000.0)
    left_out = np.delete(ticks, [10, 11, 500])
    assert stream_figures(stream(left_out), RATE)["missed_percent"] == pytest.approx(0.3)
    late = ticks.copy()
    late[20] += 0.7  # nearer to the next one's time, where there is one already
    late[30] += 0.3
    assert stream_figures(stream(late), RATE)["missed_percent"] == pytest.approx(0.1)
    assert stream_figures(stream(left_out), RATE)["period_max_ms"] == pytest.approx(12.0, abs=1e-3)


def test_jitter_within_half_a_period_misses_nothing() -> None:
    jitter = np.random.default_rng(0).uniform(-0.3, 0.3, 1000)
    found = stream_figures(stream(np.arange(1000.0) + jitter), RATE)
    assert found["missed_percent"] == 0.0
    assert 4.0 < found["period_p99_ms"] < 4.0 * 1.6


def test_records_are_shown_side_by_side_with_the_load_they_were_measured_under() -> None:
    record = {
        "rate_hz": RATE,
        "duration_s": 60.0,
        "busy": True,
        "executor": "events",
        "load_before": 3.25,
        "machine": {"cpu": "a processor", "cores": 2},
        "policy_node_cpu_percent": 40.0,
        "sim_node_cpu_percent": 50.0,
        **stream_figures(stream(np.arange(1000.0)), RATE),
    }
    other = {**record, "executor": "single_threaded", "missed_percent": 12.5, "load_before": 0.5}
    shown = rate_table(json.loads(json.dumps([record, other])))
    assert "| executor | `events` | `single_threaded` |" in shown
    assert "| setting | 250 Hz for 60 s | 250 Hz for 60 s |" in shown
    assert "| ticks that miss their deadline | 0.00 % | 12.50 % |" in shown
    assert "| one of two cores kept busy | yes | yes |" in shown
    assert "| load of the machine before | 3.2 | 0.5 |" in shown
    assert rate_table([]) == "Not run."
