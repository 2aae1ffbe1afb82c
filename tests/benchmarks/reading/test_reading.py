"""Reading is measured on bags that are written for it."""

from __future__ import annotations

from elcd_policy_benchmarks.reading.subject import Job, jobs, run, tables


def test_a_short_bag_is_read_in_a_process_of_its_own() -> None:
    result = run(Job("bags", minutes=1, demonstrations=2, rate_hz=10.0))
    assert result["demonstrations_read"] == 2
    assert 0.0 < result["cpu_s"] < 60.0
    assert result["bags_mib"] > 0.1
    assert result["peak_mib"] > 20.0


def test_a_row_says_what_was_read() -> None:
    assert [(job.minutes, job.demonstrations) for job in jobs()] == [(1, 10), (10, 10)]
    record = {
        **{"part": "bags", "minutes": 1, "demonstrations": 10, "rate_hz": 1000.0},
        **{"bags_mib": 75.0, "wall_s": 2.5, "cpu_s": 2.25, "peak_mib": 184.0},
        **{"machine": {}, "versions": {}},
    }
    assert "10 of 1 min at 1000 Hz" in tables([record])["reading"]
    assert "2.2" in tables([record])["reading"]
