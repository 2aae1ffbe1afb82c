"""The chain of joint velocities: its links keep the direction, its output the limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elcd_policy.errors import ParameterError
from elcd_policy.robot.joint_safety import (
    JointLimits,
    JointReading,
    joint_state_fault,
    keep_within,
    limit_joint_acceleration,
    ramp_joints_to_zero,
    room_to_move,
    safe_joint_velocity,
)

LIMITS = JointLimits(
    names=("a", "b", "c"),
    lower=np.array([-2.0, -1.0, -np.inf]),
    upper=np.array([2.0, 1.5, np.inf]),
    speed=np.array([1.0, 2.0, 0.5]),
    acceleration=np.array([5.0, 4.0, 10.0]),
    state_timeout=0.2,
)
DT = 0.01
numbers = st.floats(-20.0, 20.0)
vectors = arrays(np.float64, 3, elements=numbers)
within = arrays(np.float64, 3, elements=st.floats(-0.999, 0.999)).map(
    lambda share: share * np.array([2.0, 1.0, 30.0])
)
wild = arrays(np.float64, 3, elements=st.floats(allow_nan=True, allow_infinity=True))
shares = arrays(np.float64, 3, elements=st.floats(-1.0, 1.0))


def reading(positions: np.ndarray, received: float = 0.0, stamp: float = 0.0) -> JointReading:
    return JointReading(positions, received, stamp)


def same_direction(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a is b times a factor from 0 to 1."""
    size = float(np.abs(b).max())
    factor = float(np.abs(a).max()) / size if size > 1e-300 else 0.0
    return factor <= 1 + 1e-12 and np.allclose(a, factor * b, rtol=1e-9, atol=1e-12)


@given(state=wild, wanted=wild, previous=shares, received=st.floats(0, 1), stamp=st.floats(-1, 1))
def test_whatever_comes_in_the_command_is_finite_and_within_the_limits(
    state: np.ndarray, wanted: np.ndarray, previous: np.ndarray, received: float, stamp: float
) -> None:
    previous = previous * LIMITS.speed
    decision = safe_joint_velocity(
        reading(state, received, stamp), lambda _: wanted, previous, LIMITS, DT
    )
    assert np.isfinite(decision.velocity).all()
    assert (np.abs(decision.velocity) <= LIMITS.speed * (1 + 1e-9)).all()
    change = np.abs(decision.velocity - previous)
    assert (change <= LIMITS.acceleration * DT * (1 + 1e-9) + 1e-12).all()
    usable = np.isfinite(state).all() and received <= 0.2 and -0.05 <= stamp <= 0.2
    usable = usable and (np.abs(state) <= [2.1, np.inf, np.inf]).all() and -1.1 <= state[1] <= 1.6
    assert bool(decision.fault) != bool(usable and np.isfinite(wanted).all())


@given(positions=within, wanted=vectors)
def test_limits_of_position_and_speed_keep_the_direction(
    positions: np.ndarray, wanted: np.ndarray
) -> None:
    kept = keep_within(wanted, *room_to_move(positions, LIMITS, DT))
    scaled = keep_within(kept, -LIMITS.speed, LIMITS.speed)
    assert same_direction(kept, wanted)
    assert same_direction(scaled, kept)


@given(velocity=vectors, previous=vectors)
def test_the_acceleration_limit_goes_straight_to_the_wanted_velocity(
    velocity: np.ndarray, previous: np.ndarray
) -> None:
    limited = limit_joint_acceleration(velocity, previous, LIMITS.acceleration, DT)
    assert same_direction(limited - previous, velocity - previous) or np.allclose(
        limited, velocity, rtol=1e-12
    )


@given(start=within, wanted=vectors, ticks=st.integers(1, 300))
@settings(max_examples=30)
def test_an_arm_that_is_stopped_at_any_time_rests_within_its_limits(
    start: np.ndarray, wanted: np.ndarray, ticks: int
) -> None:
    joints, velocity = start.copy(), np.zeros(3)
    for _ in range(ticks):
        velocity = safe_joint_velocity(
            reading(joints), lambda _: wanted, velocity, LIMITS, DT
        ).velocity
        joints = joints + DT * velocity
    for _ in range(int(LIMITS.stopping_time / DT) + 2):
        velocity = ramp_joints_to_zero(velocity, LIMITS, DT)
        joints = joints + DT * velocity
    assert not velocity.any()
    assert (joints[:2] <= LIMITS.upper[:2] + 1e-9).all()
    assert (joints[:2] >= LIMITS.lower[:2] - 1e-9).all()


def test_at_a_limit_only_the_way_back_is_free() -> None:
    at_limit = np.array([2.0, 0.0, 0.0])
    room = room_to_move(at_limit, LIMITS, DT)
    np.testing.assert_array_equal(keep_within(np.array([0.5, 0.1, 0.1]), *room), np.zeros(3))
    back = np.array([-0.5, 0.1, 0.1])
    np.testing.assert_array_equal(keep_within(back, *room), back)


def test_a_joint_far_beyond_its_limits_is_a_fault_and_a_turn_off_is_said() -> None:
    def fault(b: float) -> str:
        return joint_state_fault(reading(np.array([0.0, b, 0.0])), LIMITS)

    assert fault(1.59) == ""
    assert fault(1.7) == "b is beyond its limits: got 1.700 rad, expected -1.000 to 1.500 rad"
    assert fault(0.5 + 2 * np.pi).endswith("1.500 rad; is it a turn off?")
    assert joint_state_fault(reading(np.array([0.0, 0.0, 40.0])), LIMITS) == ""


def test_the_joint_that_was_heard_longest_ago_is_named() -> None:
    state = JointReading(np.zeros(3), 0.3, 0.1, "b")
    assert joint_state_fault(state, LIMITS) == "no state of b for 0.300 s, the limit is 0.2 s"


def test_each_link_that_acts_is_named() -> None:
    def limited(positions: list[float], wanted: list[float], previous: list[float]) -> tuple:
        return safe_joint_velocity(
            reading(np.array(positions)),
            lambda _: np.array(wanted),
            np.array(previous),
            LIMITS,
            DT,
        ).limited

    calm = [0.1, 0.1, 0.1]
    assert limited([0, 0, 0], calm, calm) == ()
    assert limited([0, 0, 0], [0.1, 0.1, 0.6], [0.08, 0.08, 0.5]) == ("speed",)
    assert limited([0, 0, 0], calm, [0, 0, 0]) == ("acceleration",)
    assert limited([1.999, 0, 0], [0.1, 0, 0], [0.003, 0, 0]) == ("joint limit",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lower": np.array([3.0, 0, 0])}, "the position limits of a are none: got 3 to 2 rad"),
        ({"speed": np.array([1.0, 0, 1])}, "the speed limit of b is out of range: got 0.0"),
        ({"acceleration": np.array([1.0, 1, np.inf])}, "the acceleration limit of c"),
    ],
)
def test_limits_that_are_none_are_refused_by_the_joints_name(change: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        JointLimits(**{**vars(LIMITS), **change})
