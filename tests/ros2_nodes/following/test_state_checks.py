"""Which streams of states are faults, for how long, and what no arm can do is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from elcd_policy_ros2.following.joint_assembler import JointAssembler
from elcd_policy_ros2.following.state_checks import FaultLatch, JointJumps, PoseJumps

LEVEL = np.array([0.0, 0.0, 0.0, 1.0])


@given(st.lists(st.tuples(st.floats(0.001, 0.5), st.booleans()), min_size=1, max_size=80))
def test_a_fault_counts_until_there_was_none_for_the_recovery(
    row: list[tuple[float, bool]],
) -> None:
    latch, now, newest = FaultLatch(1.0), 0.0, -np.inf
    for step, bad in row:
        now += step
        newest = now if bad else newest
        counts = bool(latch.update(now, "late" if bad else "", at_rest=True))
        assert counts == (now - newest < 1.0)


def test_four_states_a_second_are_one_fault_not_many() -> None:
    latch, times = FaultLatch(1.0), np.arange(0.0, 5.0, 0.01)
    faults = ["late" if time % 0.25 > 0.2 else "" for time in times]
    counts = [latch.update(time, fault, True) for time, fault in zip(times, faults, strict=True)]
    first = faults.index("late")
    assert set(counts[:first]) == {""}
    assert set(counts[first:]) == {"late"}


def test_a_fault_counts_while_the_arm_is_not_at_rest() -> None:
    latch = FaultLatch(1.0)
    latch.update(0.0, "a jump", False)
    assert latch.update(5.0, "", False) == "a jump"
    assert latch.update(5.1, "", True) == ""


def test_a_pose_may_move_as_fast_as_an_arm_and_no_faster() -> None:
    jumps, here = PoseJumps(2.0), (np.array([0.4, 0.0, 0.3]), LEVEL)
    there, far = here[0] + np.array([0.05, 0, 0]), here[0] + np.array([0.15, 0, 0])
    assert jumps.fault(here, (there, LEVEL), 0.02) == ""
    assert jumps.fault(here, (far, LEVEL), 0.02).startswith(
        "the state jumped: got 0.150 m in 0.020 s"
    )
    assert jumps.fault(here, (far, LEVEL), 0.1) == ""
    turned = Rotation.from_rotvec([0.0, 0.0, 0.8]).as_quat()
    assert "got 0.80 rad in 0.020 s" in jumps.fault(here, (here[0], turned), 0.02)
    assert jumps.fault(here, (here[0], -LEVEL), 0.02) == ""  # the same orientation
    assert jumps.fault(here, (np.full(3, np.nan), LEVEL), 0.02) == ""  # another check's


def test_a_joint_that_jumps_is_named_and_whole_turns_are_said() -> None:
    jumps = JointJumps(("hip", "wrist"), np.array([2.0, 3.0]), np.array([False, True]))
    assert jumps.fault("hip", 0.0, 0.1, 0.02) == ""
    assert jumps.fault("hip", 0.0, 0.4, 0.02) == (
        "the state jumped: hip moved 0.400 rad in 0.020 s, more than it can"
    )
    assert jumps.fault("hip", 0.1, 0.1 - 2 * np.pi, 0.02).endswith(", by whole turns")
    assert jumps.fault("wrist", 3.1, 3.15 - 2 * np.pi, 0.02) == ""  # it turns on and on
    assert jumps.fault("wrist", 0.0, 1.0, 0.02) != ""


def test_halves_and_a_gripper_make_one_state_with_the_age_of_the_oldest() -> None:
    known = JointAssembler(("a", "b", "c"))
    assert known.take(["finger"], [0.04], 1.0, 1.0) == (False, "")
    assert (known.missing, known.strangers) == (("a", "b", "c"), ("finger",))
    assert known.take(["c", "finger"], [3.0, 0.0], 1.0, 11.0) == (True, "")
    assert known.missing == ("a", "b")
    known.take(["b", "a"], [2.0, 1.0], 1.5, 11.5)
    np.testing.assert_array_equal(known.positions, [1.0, 2.0, 3.0])
    assert known.oldest == ("c", 1.0, 11.0)
    known.take(["c"], [3.5], 1.6, 11.6)
    assert known.oldest == ("b", 1.5, 11.5) or known.oldest == ("a", 1.5, 11.5)
    taken, fault = known.take(["a", "b"], [1.0], 1.7, 11.7)
    assert (taken, fault) == (False, "a joint state has 2 names and 1 positions")
    assert known.take(["a"], [], 1.7, 11.7) == (False, "")  # velocities only
    known.forget()
    assert known.missing == ("a", "b", "c")


def test_joints_are_adopted_until_they_are_frozen() -> None:
    known = JointAssembler()
    known.take(["b", "a"], [2.0, 1.0], 1.0, 1.0)
    known.take(["c"], [3.0], 1.0, 1.0)
    known.freeze()
    known.take(["finger"], [0.1], 1.0, 1.0)
    assert known.joints == ("b", "a", "c")
    np.testing.assert_array_equal(known.positions, [2.0, 1.0, 3.0])


@pytest.mark.parametrize(("stamp", "received"), [(1.5, 10.001), (1.0, 10.5)])
def test_a_jump_counts_the_longer_of_stamps_and_arrivals(stamp: float, received: float) -> None:
    jumps = JointJumps(("a",), np.array([1.0]), np.array([False]))
    known = JointAssembler(("a",), jumps)
    known.take(["a"], [0.0], 1.0, 10.0)
    assert known.take(["a"], [0.9], stamp, received) == (True, "")
    assert known.take(["a"], [0.0], stamp, received + 0.01)[1].startswith("the state jumped: a")
