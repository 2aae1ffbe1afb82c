"""Where a policy lies, in which box it may move, and what is sent for any row of states."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.safety import Limits, State
from elcd_policy_ros2.following.follower import Follower, demonstrated_box, resolve_placement
from elcd_policy_ros2.following.robot_motion import FAULT, HALTED, WAITING, ZEROS

STORED = Placement(np.eye(3), [0.4, 0.0, 0.3], 0.002)
QUARTER = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))  # 90 degrees about z


def test_the_files_own_placement_holds_unless_told_otherwise() -> None:
    assert resolve_placement(STORED, "mm", 2) == STORED
    moved = resolve_placement(STORED, "mm", 2, origin=(0.5, 0.1, 0.2))
    np.testing.assert_allclose(moved.origin, [0.5, 0.1, 0.2])
    assert moved.metres_per_unit == 0.002
    turned = resolve_placement(STORED, "mm", 2, quaternion=QUARTER, metres_per_unit=0.004)
    np.testing.assert_allclose(turned.rotation[:, 0], [0.0, 1.0, 0.0], atol=1e-12)
    assert turned.metres_per_unit == 0.004


def test_three_dimensions_of_a_known_length_need_no_placement() -> None:
    assert resolve_placement(None, "cm", 3) == Placement(metres_per_unit=0.01)
    assert resolve_placement(None, "furlong", 3, metres_per_unit=201.168).metres_per_unit == 201.168


@pytest.mark.parametrize(("units", "dimension"), [("mm", 2), ("furlong", 3)])
def test_a_policy_that_lies_nowhere_is_refused(units: str, dimension: int) -> None:
    with pytest.raises(ParameterError, match="does not say where it lies"):
        resolve_placement(None, units, dimension)


def test_the_box_holds_the_placed_demonstrations_and_the_margin() -> None:
    placement = resolve_placement(STORED, "mm", 2, quaternion=QUARTER)
    lower, upper = demonstrated_box(placement, ([0.0, -10.0], [50.0, 20.0]), 0.05)
    np.testing.assert_allclose(lower, [0.4 - 0.04 - 0.05, -0.05, 0.25], atol=1e-12)
    np.testing.assert_allclose(upper, [0.4 + 0.02 + 0.05, 0.1 + 0.05, 0.35], atol=1e-12)


LIMITS = Limits(0.25, 1.0, 2.0, 8.0, np.full(3, -1.0), np.full(3, 1.0), 0.2)
GOOD = State(np.array([0.3, 0.2, 0.1]), np.array([0.0, 0.0, 0.0, 1.0]), "base", 0.0, 0.0)
TICKS = {
    "good": (GOOD, ""),
    "elsewhere": (dataclasses.replace(GOOD, position=np.array([-0.9, 0.4, -0.3])), ""),
    "silent": (dataclasses.replace(GOOD, received_age=0.3), ""),
    "future": (dataclasses.replace(GOOD, stamp_age=-0.3), ""),
    "not finite": (dataclasses.replace(GOOD, position=np.full(3, np.nan)), ""),
    "frame": (dataclasses.replace(GOOD, frame_id="world"), ""),
    "no state": (None, ""),
    "unreadable": ("joint_states lacks panda_joint1", ""),
    "halt": (GOOD, "paused"),
}


class Fast:
    """A field to the origin, faster than any limit."""

    def velocity(self, x: np.ndarray) -> np.ndarray:
        return -20.0 * np.asarray(x)

    def get_goal(self) -> np.ndarray:
        return np.zeros(3)

    def set_goal(self, g: np.ndarray) -> None:
        raise NotImplementedError


def fast_follower() -> Follower:
    return Follower(Fast(), Placement(), 3, LIMITS, "base", 0.005, 2.0, 2.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(TICKS)), st.floats(0.0, 0.02)), max_size=60))
def test_whatever_the_states_commands_begin_with_a_good_one_and_stay_bounded(
    row: list[tuple[str, float]],
) -> None:
    follower, before, begun = fast_follower(), np.zeros(6), False
    for name, dt in row:
        state, halt = TICKS[name]
        command = follower.tick(state, dt, halt)
        begun = begun or name in ("good", "elsewhere")
        if not begun:
            assert command is None
            continue
        after = np.zeros(6) if command is None else command
        assert np.linalg.norm(after[:3]) <= LIMITS.speed + 1e-9
        assert np.linalg.norm((after - before)[:3]) <= LIMITS.acceleration * dt + 1e-9
        before = after


@pytest.mark.parametrize("name", ["silent", "future", "not finite", "no state", "frame", "halt"])
def test_after_the_last_good_state_it_ramps_to_zero_and_falls_silent(name: str) -> None:
    follower, dt = fast_follower(), 0.01
    for _ in range(30):
        follower.tick(GOOD, dt)
    state, halt = TICKS[name]
    sent = [follower.tick(state, dt, halt) for _ in range(100)]
    speeds = [float(np.linalg.norm(command[:3])) for command in sent if command is not None]
    np.testing.assert_allclose(speeds[:12], 0.25 - 0.02 * np.arange(1, 13), atol=1e-9)
    assert set(speeds[12:]) == {0.0}
    assert len(speeds) == pytest.approx(12 + ZEROS / dt, abs=2)
    assert follower.silent
    assert follower.phase in (FAULT, HALTED, WAITING)
    assert np.linalg.norm(follower.tick(GOOD, dt)[:3]) == pytest.approx(0.02)  # from rest again
