"""Recovery from pushes: peak, time back within the corridor, and pushes that did nothing."""

from __future__ import annotations

import numpy as np
import pytest

from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.evaluation.recovery import goal_reached, push_recoveries

TIME = np.arange(0.0, 6.0 + 1e-9, 0.01)


def pushed(begin: float, height: float, rate: float) -> np.ndarray:
    """A deviation that jumps to a height at the sample after a push's begin, and decays."""
    gone = TIME - begin - 0.01
    return np.where(gone > -1e-9, height * np.exp(-rate * gone), 0.0)


def test_a_push_that_moves_the_arm_out_and_back_is_recovered() -> None:
    (push,) = push_recoveries(TIME, pushed(1.0, 0.05, 2.0), [(1.0, 0.2)], corridor=0.01)
    back = np.log(5.0) / 2.0 - 0.2  # 0.05 exp(-2 t) = 0.01, counted from the push's end
    assert push.verdict == "recovered"
    assert push.peak == pytest.approx(0.05)
    assert push.peak_time == pytest.approx(1.01)
    assert push.recovery_time == pytest.approx(back, abs=0.021)
    assert push.to_dict()["verdict"] == "recovered"


def test_a_push_that_stays_within_the_corridor_shows_nothing() -> None:
    (push,) = push_recoveries(TIME, pushed(1.0, 0.009, 2.0), [(1.0, 0.2)], corridor=0.01)
    assert push.verdict == "no effect"
    assert not push.recovered


def test_a_push_during_another_ones_recovery_has_to_show_an_effect_of_its_own() -> None:
    gaps = pushed(1.0, 0.05, 0.5) + pushed(2.0, 0.005, 2.0)
    first, second = push_recoveries(TIME, gaps, [(1.0, 0.2), (2.0, 0.2)], corridor=0.01)
    assert first.verdict == "recovered"
    assert second.verdict == "no effect"
    assert second.peak > 0.03  # that is what is left of the first one


def test_leaving_the_corridor_again_later_counts_against_the_recovery() -> None:
    gaps = pushed(1.0, 0.05, 5.0)
    gaps[300] = 0.02
    (push,) = push_recoveries(TIME, gaps, [(1.0, 0.2)], corridor=0.01)
    assert push.recovery_time == pytest.approx(3.01 - 1.2)


def test_each_push_is_judged_until_the_next_one() -> None:
    gaps = pushed(1.0, 0.05, 5.0) + pushed(3.0, 0.04, 0.1)
    first, second = push_recoveries(TIME, gaps, [(3.0, 0.2), (1.0, 0.2)], corridor=0.01)
    assert (first.time, first.verdict) == (1.0, "recovered")
    assert (second.time, second.verdict) == (3.0, "not recovered")
    assert second.recovery_time is None


def test_a_recovery_goes_on_through_the_next_push() -> None:
    gaps = np.maximum(pushed(1.0, 0.05, 0.1), pushed(2.0, 0.08, 2.0)) * (TIME < 5.0)
    first, second = push_recoveries(TIME, gaps, [(1.0, 0.2), (2.0, 0.2)], corridor=0.01)
    assert first.interrupted
    assert not second.interrupted
    assert first.verdict == second.verdict == "recovered"
    assert first.peak == pytest.approx(0.05)  # of its own, until the next push
    assert first.recovery_time == pytest.approx(second.recovery_time + 1.0)


@pytest.mark.parametrize(
    ("pushes", "corridor", "message"),
    [
        ([(5.9, 0.2)], 0.01, "a push lies outside the motion: got 5.9 to 6.1 s"),
        ([(7.0, 0.2)], 0.01, "a push lies outside the motion"),
        ([(1.0, 0.2)], 0.0, "the corridor is out of range: got 0.0"),
    ],
)
def test_what_can_not_be_judged_is_refused(pushes: list, corridor: float, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        push_recoveries(TIME, np.zeros_like(TIME), pushes, corridor)


def test_the_goal_is_reached_only_if_the_motion_stays_there() -> None:
    approach = np.column_stack([np.exp(-TIME), 0 * TIME, 0 * TIME])
    result = goal_reached(TIME, approach, [0, 0, 0], tolerance=0.01)
    assert result.reached
    assert result.time == pytest.approx(np.log(100), abs=0.011)
    assert result.distance == pytest.approx(np.exp(-6.0))
    approach[-1, 0] = 0.5
    result = goal_reached(TIME, approach, [0, 0, 0], tolerance=0.01)
    assert not result.reached
    assert result.time is None


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="times and deviations do not fit"):
        push_recoveries(TIME, np.zeros(3), [], 0.01)
    with pytest.raises(ShapeError, match="times and positions do not fit"):
        goal_reached(TIME, np.zeros((3, 3)), [0, 0, 0], 0.01)
