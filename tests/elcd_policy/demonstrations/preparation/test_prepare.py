"""Raw recordings are brought back to the motions that were meant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.demonstrations.preparation import inspect, prepare

Make = Callable[..., DemonstrationSet]


def test_rests_and_noise_are_taken_away(clean: Make, raw: Make) -> None:
    meant = clean()
    recorded = raw(meant)
    prepared = prepare(recorded)
    findings = inspect(recorded)
    assert inspect(prepared).mendable == []
    assert (prepared.units, prepared.source, len(prepared)) == ("mm", "raw arcs", 4)
    for index, (before, after) in enumerate(zip(meant, prepared, strict=True)):
        assert after.time[0] == 0.0
        assert 3.0 < after.duration < 3.8
        np.testing.assert_allclose(np.diff(after.time), 0.01, atol=1e-4)
        # Against the motion that was meant, at the instants that the samples come from.
        origin = recorded[index].time[0] + findings.rest[index, 0] - 5.0 - 1.0
        columns = [np.interp(after.time + origin, before.time, c) for c in before.position.T]
        error = np.linalg.norm(after.position - np.stack(columns, axis=1), axis=1)
        assert np.sqrt(np.mean(error**2)) < 0.8  # mm; 2.1 mm before
        assert np.linalg.norm(after.goal - before.goal) < 6.0
        assert np.linalg.norm(after.position[0] - before.position[0]) < 6.0


def test_what_is_prepared_needs_no_more(clean: Make, raw: Make) -> None:
    once = prepare(raw(clean()))
    twice = prepare(once)
    for a, b in zip(once, twice, strict=True):
        assert b.duration == pytest.approx(a.duration, rel=0.02)


def test_there_are_at_most_ten_samples_for_each_that_was_recorded() -> None:
    time = np.linspace(0.0, 1e6, 20)
    motion = DemonstrationSet([Demonstration(time, np.outer(time / 1e6, [1.0, 2.0]))])
    assert len(prepare(motion)[0].time) <= 201


def test_slow_ends_are_kept(clean: Make) -> None:
    """A motion that creeps towards its goal does not rest."""
    time = np.linspace(0.0, 6.0, 601)
    meant = clean(count=1)
    creeping = np.outer(np.exp(-time), [-300.0, 100.0, 50.0])
    motion = type(meant[0])(time, creeping)
    (prepared,) = prepare(DemonstrationSet([motion], units="mm"))
    assert np.linalg.norm(prepared.goal - creeping[-1]) < 0.015 * np.linalg.norm(creeping[0])
