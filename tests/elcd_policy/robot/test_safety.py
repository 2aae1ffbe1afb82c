"""The safety chain: never non-finite, never above a limit, direction kept, nothing stale."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elcd_policy.errors import ParameterError
from elcd_policy.robot import boxes, safety

LIMITS = safety.Limits(
    speed=0.25,
    angular_speed=1.0,
    acceleration=2.0,
    angular_acceleration=5.0,
    lower=np.array([0.2, -0.4, 0.1]),
    upper=np.array([0.8, 0.4, 0.9]),
    state_timeout=0.2,
)
DT = 0.01
HERE = safety.State(np.array([0.5, 0.0, 0.5]), np.array([0.0, 0.0, 0.0, 1.0]), "base", 0.0, 0.0)

finite = st.floats(-1e6, 1e6, allow_nan=False)
anything = st.floats(allow_nan=True, allow_infinity=True)
twists = arrays(np.float64, 6, elements=finite)
ages = st.one_of(st.floats(-1.0, 1.0), anything)


def allowed(twist: np.ndarray) -> np.ndarray:
    """The twist brought within the speed limits: what may have been sent before."""
    return safety.scale_speed(twist, LIMITS.speed, LIMITS.angular_speed)


@settings(max_examples=300)
@given(
    arrays(np.float64, 3, elements=anything),
    arrays(np.float64, 4, elements=anything),
    st.sampled_from(["base", "world", ""]),
    ages,
    ages,
    arrays(np.float64, 6, elements=anything),
    twists,
    st.floats(0.0, 1.0),
)
def test_no_command_is_ever_non_finite_or_above_a_limit(
    position: np.ndarray,
    quaternion: np.ndarray,
    frame: str,
    received_age: float,
    stamp_age: float,
    wanted: np.ndarray,
    before: np.ndarray,
    speed_scale: float,
) -> None:
    previous = allowed(before)
    state = safety.State(position, quaternion, frame, received_age, stamp_age)
    with np.errstate(all="ignore"):
        sent = safety.safe_twist(
            state, lambda _: wanted, previous, LIMITS, "base", DT, speed_scale
        ).twist
    assert np.isfinite(sent).all()
    assert np.linalg.norm(sent[:3]) <= LIMITS.speed * (1 + 1e-9)
    assert np.linalg.norm(sent[3:]) <= LIMITS.angular_speed * (1 + 1e-9)
    change = sent - previous
    assert np.linalg.norm(change[:3]) <= LIMITS.acceleration * DT * (1 + 1e-9)
    assert np.linalg.norm(change[3:]) <= LIMITS.angular_acceleration * DT * (1 + 1e-9)


@given(twists)
def test_the_speed_limit_keeps_the_direction(twist: np.ndarray) -> None:
    sent = safety.scale_speed(twist, LIMITS.speed, LIMITS.angular_speed)
    largest = np.abs(twist).max()
    if largest > 1e-3:
        factor = np.abs(sent).max() / largest
        np.testing.assert_allclose(sent, factor * twist, rtol=1e-9, atol=1e-12)
        assert factor <= 1.0


@given(twists)
def test_a_twist_within_the_limits_is_sent_as_it_is(twist: np.ndarray) -> None:
    wanted = 0.9 * allowed(twist)
    decision = safety.safe_twist(HERE, lambda _: wanted, wanted, LIMITS, "base", DT)
    np.testing.assert_array_equal(decision.twist, wanted)
    assert (decision.fault, decision.limited) == ("", ())


@given(twists, twists)
def test_the_acceleration_limit_goes_straight_to_the_twist_and_not_past_it(
    twist: np.ndarray, previous: np.ndarray
) -> None:
    sent = safety.limit_acceleration(twist, previous, 2.0, 5.0, DT)
    for part, bound in ((slice(0, 3), 2.0 * DT), (slice(3, 6), 5.0 * DT)):
        way, done = twist[part] - previous[part], sent[part] - previous[part]
        size = np.linalg.norm(way)
        assert np.linalg.norm(done) == pytest.approx(min(size, bound), abs=1e-9 * (1 + size))
        if size > 1e-3:
            np.testing.assert_allclose(done, way * (np.linalg.norm(done) / size), atol=1e-8)


@given(twists, st.floats(0.01, 0.2))
def test_limits_lowered_in_motion_are_reached_by_the_acceleration_limit(
    before: np.ndarray, speed: float
) -> None:
    lowered, sent = dataclasses.replace(LIMITS, speed=speed), allowed(before)
    wanted = sent.copy()
    for _ in range(13):  # 0.25 m/s at 2 m/s^2
        slower = safety.safe_twist(HERE, lambda _: wanted, sent, lowered, "base", DT).twist
        assert np.linalg.norm(slower[:3]) <= np.linalg.norm(sent[:3]) + 1e-9
        assert np.linalg.norm((slower - sent)[:3]) <= LIMITS.acceleration * DT + 1e-9
        sent = slower
    assert np.linalg.norm(sent[:3]) <= speed + 1e-9


KNOWN = dataclasses.replace(
    LIMITS,
    known_lower=np.array([0.4, -0.1, 0.4]),
    known_upper=np.array([0.6, 0.1, 0.6]),
    unknown_scale=0.2,
)


@given(arrays(np.float64, 3, elements=st.floats(-1.0, 2.0)), st.floats(0.0, 1.0))
def test_outside_the_known_box_the_factor_falls_steadily_to_the_far_one(
    position: np.ndarray, far: float
) -> None:
    lower, upper = KNOWN.known_lower, KNOWN.known_upper
    outside = np.linalg.norm(position - np.clip(position, lower, upper))
    factor = boxes.familiarity(position, lower, upper, far)
    assert far <= factor + 1e-12
    assert factor <= 1.0
    assert (factor == 1.0) or outside > 0
    if outside >= boxes.FADE:
        assert factor == pytest.approx(far)
    step = boxes.familiarity(position + np.array([1e-4, 0, 0]), lower, upper, far)
    assert abs(step - factor) <= 1e-4 / boxes.FADE + 1e-9


def test_outside_the_known_box_the_whole_twist_is_slowed_down_and_that_is_said() -> None:
    wanted = np.array([0.1, 0.0, 0.05, 0.2, 0.0, 0.0])
    for x, factor in ((0.6, 1.0), (0.625, 0.6), (0.65, 0.2), (0.7, 0.2)):
        state = dataclasses.replace(HERE, position=np.array([x, 0.0, 0.5]))
        sent = safety.safe_twist(state, lambda _: wanted, factor * wanted, KNOWN, "base", DT)
        np.testing.assert_allclose(sent.twist, factor * wanted, atol=1e-12)
        assert sent.limited == (() if factor == 1.0 else ("unknown",))


@given(arrays(np.float64, 3, elements=st.floats(-1.0, 2.0)), twists)
def test_nothing_points_out_of_the_box_at_or_beyond_its_faces(
    position: np.ndarray, twist: np.ndarray
) -> None:
    inside = boxes.keep_inside(twist, position, LIMITS.lower, LIMITS.upper, 2.0, DT)
    assert (inside[:3][position >= LIMITS.upper] <= 0).all()
    assert (inside[:3][position <= LIMITS.lower] >= 0).all()
    np.testing.assert_array_equal(inside[3:], twist[3:])
    assert (np.abs(inside) <= np.abs(twist)).all()


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, 3, elements=st.floats(-1.0, 1.0)).filter(lambda v: v @ v > 1e-6))
def test_a_steady_field_never_carries_the_arm_through_a_face(direction: np.ndarray) -> None:
    wanted = np.concatenate([direction / np.linalg.norm(direction), np.zeros(3)])
    position, sent = np.array([0.5, 0.0, 0.5]), np.zeros(6)
    for _ in range(600):
        state = dataclasses.replace(HERE, position=position)
        sent = safety.safe_twist(state, lambda _: wanted, sent, LIMITS, "base", DT).twist
        position = position + DT * sent[:3]
    excess = np.maximum(position - LIMITS.upper, LIMITS.lower - position).max()
    assert excess < 1e-3


BOXES = np.array([[[0.55, -0.1, 0.4], [0.65, 0.1, 0.6]], [[0.3, 0.2, 0.0], [0.7, 0.3, 0.45]]])


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, 3, elements=st.floats(-1.0, 1.0)).filter(lambda v: v @ v > 1e-6))
def test_a_steady_field_never_carries_the_arm_into_a_box(direction: np.ndarray) -> None:
    wanted = np.concatenate([direction / np.linalg.norm(direction), np.zeros(3)])
    limits = dataclasses.replace(LIMITS, keep_out=BOXES)
    position, sent, deepest = np.array([0.5, 0.0, 0.5]), np.zeros(6), -np.inf
    for _ in range(600):
        state = dataclasses.replace(HERE, position=position)
        sent = safety.safe_twist(state, lambda _: wanted, sent, limits, "base", DT).twist
        position = position + DT * sent[:3]
        deepest = max(deepest, boxes.inside_depth(position[None], BOXES).max())
    assert deepest < 1e-3


def test_in_a_box_only_the_shortest_way_out_is_free() -> None:
    inside = np.array([0.56, 0.0, 0.5])
    twist = np.array([0.1, 0.1, -0.1, 0.2, 0.0, 0.0])
    np.testing.assert_array_equal(
        boxes.keep_outside(twist, inside, BOXES[:1], 2.0, DT), [0.0, *twist[1:]]
    )
    np.testing.assert_array_equal(boxes.keep_outside(-twist, inside, BOXES[:1], 2.0, DT), -twist)
    assert boxes.inside_depth(inside[None], BOXES)[0, 0] == pytest.approx(0.01)


def test_a_state_far_from_the_demonstrations_is_refused_with_the_distance() -> None:
    limits = dataclasses.replace(KNOWN, known_reach=0.3)
    near, far = np.array([0.89, 0.0, 0.5]), np.array([0.95, 0.0, 0.5])
    assert safety.state_fault(dataclasses.replace(HERE, position=near), limits, "base") == ""
    fault = safety.state_fault(dataclasses.replace(HERE, position=far), limits, "base")
    assert fault == (
        "the TCP is far from the demonstrations: got 0.350 m outside their box, expected at most "
        "0.3 m"
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"position": np.array([np.nan, 0, 0])}, "position is not finite"),
        ({"quaternion": np.zeros(4)}, "not a rotation"),
        ({"quaternion": np.full(4, np.nan)}, "not a rotation"),
        ({"frame_id": "world"}, "got 'world', expected 'base'"),
        ({"received_age": 0.21}, "no state for 0.210 s, the limit is 0.2 s"),
        ({"received_age": float("nan")}, "no state for"),
        ({"stamp_age": 0.21}, "its stamp is 0.210 s old"),
        ({"stamp_age": -0.06}, "0.060 s in the future"),
    ],
)
def test_a_state_that_fails_a_check_asks_no_field_and_ramps_to_zero(
    changes: dict, fault: str
) -> None:
    def untouched(_: safety.State) -> np.ndarray:
        raise AssertionError("the field was asked about a state that failed a check")

    state, sent, ticks = dataclasses.replace(HERE, **changes), np.zeros(6), 0
    sent[:3] = (0.25, 0.0, 0.0)
    while sent.any():
        decision = safety.safe_twist(state, untouched, sent, LIMITS, "base", DT)
        assert fault in decision.fault
        sent, ticks = decision.twist, ticks + 1
        assert ticks <= 13  # 0.25 m/s at 2 m/s^2
    assert ticks == 13


def test_the_checks_run_in_their_order() -> None:
    state = safety.State(np.array([np.nan, 0, 0]), HERE.quaternion, "world", 9.0, 9.0)
    order = ["not finite", "another frame", "no state for", "stamp is 9.000 s old"]
    mends: list[dict] = [
        {"position": HERE.position},
        {"frame_id": "base"},
        {"received_age": 0.0},
        {"stamp_age": 0.0},
    ]
    for fault, mend in zip(order, mends, strict=True):
        decision = safety.safe_twist(state, lambda _: np.zeros(6), np.zeros(6), LIMITS, "base", DT)
        assert fault in decision.fault
        state = dataclasses.replace(state, **mend)
    decision = safety.safe_twist(
        state, lambda _: np.full(6, np.inf), np.zeros(6), LIMITS, "base", DT
    )
    assert "velocity is not finite" in decision.fault


@pytest.mark.parametrize("stamp_age", [0.0, 0.2, -0.05])
def test_a_fresh_state_passes(stamp_age: float) -> None:
    assert safety.age_fault(0.2, stamp_age, 0.2) == ""


def test_each_link_that_changed_the_command_is_named() -> None:
    wanted = np.array([5.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    decision = safety.safe_twist(HERE, lambda _: wanted, np.zeros(6), LIMITS, "base", DT)
    assert decision.limited == ("box", "speed", "acceleration")


def test_the_speed_scale_slows_along_the_streamline() -> None:
    wanted = np.array([0.1, 0.05, 0.0, 0.0, 0.0, 0.2])
    half = safety.safe_twist(HERE, lambda _: wanted, wanted / 2, LIMITS, "base", DT, 0.5)
    np.testing.assert_allclose(half.twist, wanted / 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"speed": 0.0}, "the limit 'speed' is out of range: got 0.0"),
        ({"state_timeout": float("nan")}, "'state_timeout' is out of range: got nan"),
        ({"lower": np.array([0.9, -0.4, 0.1])}, "the workspace box is not a box"),
        ({"upper": np.array([0.9, 0.4])}, "three numbers each in m"),
        ({"known_upper": np.array([np.nan, 1, 1])}, "the known box is not a box"),
        ({"unknown_scale": 1.5}, "'unknown_scale' is out of range: got 1.5, expected 0..1"),
    ],
)
def test_limits_out_of_range_are_named(changes: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        dataclasses.replace(LIMITS, **changes)
