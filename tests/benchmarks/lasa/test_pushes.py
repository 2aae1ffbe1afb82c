"""How soon a pushed state is back: known of a field whose solution is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy_benchmarks.lasa.pushes import clear_pushes, half_width, push_returns


class Channel:
    """Along x to 200 mm at a steady speed, while y fades at ``rate`` in 1/s."""

    dimension = 2

    def __init__(self, speed: float, rate: float) -> None:
        self.speed, self.rate = speed, rate

    def rollout(self, x0: Any, duration: float, dt: float) -> tuple[np.ndarray, np.ndarray]:
        time = np.linspace(0.0, duration, round(duration / dt) + 1)
        start = np.asarray(x0, dtype=float)
        shape = (-1, *[1] * (start.ndim - 1))
        x = np.minimum(start[..., 0] + self.speed * time.reshape(shape), 200.0)
        y = start[..., 1] * np.exp(-self.rate * time.reshape(shape))
        return time, np.stack([x, y], axis=-1)


@pytest.fixture
def lanes() -> DemonstrationSet:
    """Eleven straight motions of 100 mm in 2 s, side by side from -5 to 5 mm."""
    time = np.linspace(0.0, 2.0, 50)
    x = 50.0 * time
    return DemonstrationSet(
        [Demonstration(time, np.stack([x, 0 * x + y], axis=1)) for y in np.arange(-5.0, 6.0)],
        units="mm",
    )


def test_nine_tenths_of_the_samples_are_in_the_corridor(lanes: DemonstrationSet) -> None:
    assert half_width(lanes) == pytest.approx(5.0)
    assert half_width(lanes[1:-1]) == pytest.approx(4.0)
    assert half_width(lanes[4:7]) == pytest.approx(1.0)


@pytest.mark.parametrize("rate", [1.0, 3.0])
def test_the_return_is_timed_and_measured(rate: float, lanes: DemonstrationSet) -> None:
    found = push_returns(Channel(50.0, rate), lanes)
    assert (found["half_width"], found["size"]) == (pytest.approx(5.0), pytest.approx(15.0))
    assert found["duration"] == 2.0
    assert len(found["rows"]) == 6
    time = np.log(3.0) / rate
    assert {row["side"] for row in found["rows"]} == {-1, 1}
    for row in found["rows"]:
        assert row["time"] == pytest.approx(time, abs=0.02)
        t = np.linspace(0.0, row["time"], 1000)
        way = np.hypot(50.0 * np.diff(t), np.diff(15.0 * np.exp(-rate * t))).sum()
        assert row["distance"] == pytest.approx(way, rel=0.02)


def test_what_stays_outside_has_no_time(lanes: DemonstrationSet) -> None:
    found = push_returns(Channel(50.0, 0.1), lanes)
    assert {(row["time"], row["distance"]) for row in found["rows"]} == {(None, None)}


def test_a_push_onto_another_branch_is_left_out() -> None:
    """There and back again, 20 mm apart, with a corridor of 6 mm: a push is 18 mm."""
    time = np.linspace(0.0, 2.0, 401)
    share = time / 2.0
    x = 100.0 * (1.0 - np.abs(2.0 * share - 1.0))
    y = np.where(share < 0.5, 0.0, 20.0)
    shifts = np.array([-6.0, -6.0, 0.0, 6.0, 6.0])
    motions = [Demonstration(time, np.stack([x, y + shift], axis=1)) for shift in shifts]
    demonstrations = DemonstrationSet(motions, units="mm")
    assert half_width(demonstrations) == pytest.approx(6.0, abs=0.1)
    # To the left of the way there lies the way back; and to the left of that, the way there.
    assert clear_pushes(demonstrations) == [(0.2, -1), (0.4, -1), (0.6, -1)]
    found = push_returns(Channel(50.0, 3.0), demonstrations)
    rows = found["rows"]
    assert found["left_out"] == 3
    assert [(row["phase"], row["side"]) for row in rows] == clear_pushes(demonstrations)
