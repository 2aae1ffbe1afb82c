"""A motion held against every limit before it begins, with numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elcd_policy.robot.placement import Placement
from elcd_policy.robot.safety import Limits, State

pytest.importorskip("rclpy")

from elcd_policy_ros2.following.follower import Follower
from elcd_policy_ros2.following.joint_follower import ArmFollower, JointFollower
from elcd_policy_ros2.following.preflight import PreflightError, preflight, rehearse

LEVEL = np.array([0.0, 0.0, 0.0, 1.0])
GOAL = np.array([0.5, 0.0, 0.4])
START = State(GOAL + np.array([-0.2, 0.0, 0.0]), LEVEL, "base", 0.0, 0.0)
DURATION = 3.0
WIDE = Limits(1.0, 2.0, 2.0, 8.0, GOAL - 0.5, GOAL + 0.5, 0.2)


class Swirl:
    """A field that turns around its goal while it comes closer, both at 1.5 1/s."""

    def __init__(self, goal: np.ndarray, turn: float = 0.0) -> None:
        self.goal, self.turn = goal, turn

    def velocity(self, x: np.ndarray) -> np.ndarray:
        offset = np.asarray(x) - self.goal
        velocity = -1.5 * offset
        velocity[:2] += self.turn * np.array([-offset[1], offset[0]])
        return velocity

    def get_goal(self) -> np.ndarray:
        return self.goal

    def set_goal(self, g: np.ndarray) -> None:
        self.goal = g


def follower(turn: float = 0.0, limits: Limits = WIDE, **given: object) -> Follower:
    settings = {"hold_gain": 2.0, "hold_gain_angular": 2.0, "orientation": None, **given}
    return Follower(
        Swirl(GOAL, turn), Placement(), 3, limits, "base", goal_tolerance=0.005, **settings
    )


def test_the_rehearsal_is_the_motion_to_the_goal() -> None:
    rehearsal = rehearse(follower(turn=3.0), START, DURATION)
    time = rehearsal.time
    decay, angle = 0.2 * np.exp(-1.5 * time), np.pi + 3.0 * time
    exact = GOAL + np.column_stack([decay * np.cos(angle), decay * np.sin(angle), 0.0 * time])
    np.testing.assert_allclose(rehearsal.position, exact, atol=0.0015)
    assert np.linalg.norm(rehearsal.position[-1] - GOAL) <= 0.005
    assert time[-1] == pytest.approx(np.log(0.2 / 0.005) / 1.5, abs=0.15)
    speed = np.linalg.norm(rehearsal.twist[:, :3], axis=1)
    assert speed[0] == pytest.approx(0.2 * np.hypot(1.5, 3.0))


def test_a_stiff_hold_is_rehearsed_in_steps_short_enough() -> None:
    motion = follower(hold_gain_angular=20.0, orientation=LEVEL)
    turned = replace(START, quaternion=np.array([0.0, 0.0, np.sin(0.05), np.cos(0.05)]))
    rehearsal = rehearse(motion, turned, duration=20.0)
    turning = np.linalg.norm(rehearsal.twist[:, 3:], axis=1)
    assert turning[0] == pytest.approx(2.0)  # 0.1 rad at 20 1/s
    assert turning[rehearsal.time > 1.0].max() < 1e-3


def test_a_motion_within_all_limits_passes() -> None:
    assert len(preflight(follower(turn=3.0), START, DURATION).time) > 10


@pytest.mark.parametrize(
    ("turn", "limits", "scale", "message"),
    [
        (
            4.0,
            {"upper": GOAL + np.array([0.5, 0.5, 0.5]), "lower": GOAL - np.array([0.5, 0.05, 0.5])},
            1.0,
            r"0\.0\d\d m outside the workspace box in y after 0\.\d\d s, at \[0\.\d+, -0\.",
        ),
        ({}, {"lower": GOAL - 0.15}, 1.0, r"0\.050 m outside the workspace box in x after 0\.00 s"),
        (
            0.0,
            {"speed": 0.2},
            1.0,
            r"0\.300 m/s after 0\.00 s, max_speed is 0\.2 m/s; speed_scale 0\.66 would keep",
        ),
        (0.0, {"speed": 0.1}, 0.5, r"0\.150 m/s after .* speed_scale 0\.33 would keep"),
    ],
)
def test_a_motion_that_would_break_a_limit_is_refused_with_numbers(
    turn: float, limits: dict, scale: float, message: str
) -> None:
    motion = follower(turn or 0.0, replace(WIDE, **limits), speed_scale=scale)
    with pytest.raises(PreflightError, match=message):
        preflight(motion, START, DURATION)


def test_the_advised_speed_scale_passes() -> None:
    motion = follower(limits=replace(WIDE, speed=0.2), speed_scale=0.66)
    preflight(motion, START, DURATION)


def test_turning_too_fast_into_the_held_orientation_is_refused() -> None:
    turned = replace(START, quaternion=np.array([0.0, 0.0, 1.0, 0.0]))  # half a turn away
    with pytest.raises(PreflightError, match=r"6\.28\d rad/s after 0\.00 s, max_angular_speed"):
        preflight(follower(orientation=LEVEL), turned, DURATION)


def test_a_field_that_is_not_finite_is_refused() -> None:
    motion = follower()
    motion.policy = Swirl(np.full(3, np.nan))
    with pytest.raises(PreflightError, match=r"nan m/s after 0\.00 s"):
        preflight(motion, START, DURATION)


@pytest.fixture(scope="module")
def arm() -> object:
    pytest.importorskip("pinocchio")
    pybullet_data = pytest.importorskip("pybullet_data")
    from elcd_policy_ros2.following.arm_kinematics import ArmKinematics

    urdf = Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"
    return ArmKinematics(urdf.read_text(), "panda_link0", "panda_grasptarget")


class TestJoints:
    """With a Panda's kinematics: joint limits, joint speeds, singularities."""

    HOME = np.array([0.2, -0.16, 0.0, -2.19, 0.0, 2.03, 0.785])

    def led(self, arm, offset: np.ndarray, **limits: float) -> tuple[ArmFollower, object]:
        """The arm led straight to a goal at an offset [3] in m from its home."""
        from elcd_policy.robot.joint_safety import JointReading

        goal = arm.pose(self.HOME)[0] + offset
        box = replace(WIDE, lower=goal - 2.0, upper=goal + 2.0)
        cartesian = Follower(
            Swirl(goal),
            Placement(),
            3,
            box,
            "base",
            goal_tolerance=0.005,
            hold_gain=2.0,
            hold_gain_angular=2.0,
        )
        joint_limits = arm.limits(**{"speed": 2.0, "acceleration": 5.0, **limits}, state_timeout=1)
        return ArmFollower(cartesian, arm, joint_limits), JointReading(self.HOME, 0.0, 0.0)

    def test_a_reachable_goal_passes_and_is_reached(self, arm) -> None:
        motion, state = self.led(arm, np.array([0.0, 0.15, 0.05]))
        rehearsal = preflight(motion, state, DURATION)
        assert np.linalg.norm(rehearsal.position[-1] - motion.goal) <= 0.005
        assert rehearsal.smallest_singular.min() > 0.05
        moved = np.diff(rehearsal.position, axis=0) / np.diff(rehearsal.time)[:, None]
        asked = 0.5 * (rehearsal.twist[1:, :3] + rehearsal.twist[:-1, :3])
        np.testing.assert_allclose(moved, asked, atol=0.015)

    def test_a_goal_out_of_reach_leads_into_a_singularity_or_a_limit(self, arm) -> None:
        motion, state = self.led(arm, np.array([0.5, 0.0, 0.0]))
        with pytest.raises(PreflightError, match=r"near a singularity after \d\.\d\d s: smallest"):
            preflight(motion, state, DURATION)

    def test_joints_that_would_be_too_fast_are_named(self, arm) -> None:
        motion, state = self.led(arm, np.array([0.0, 0.15, 0.05]), speed=0.1)
        with pytest.raises(PreflightError, match=r"panda_joint\d 0\.\d+ rad/s above its limit"):
            preflight(motion, state, DURATION)

    def test_a_joint_space_motion_past_a_joint_limit_is_refused(self, arm) -> None:
        from elcd_policy.robot.joint_safety import JointReading

        goal = self.HOME.copy()
        goal[3] = 0.2  # panda_joint4 ends at -0.0698 rad
        limits = arm.limits(10.0, 5.0, 1.0)
        motion = JointFollower(Swirl(goal), arm, limits, 0.01, speed_scale=0.1)
        with pytest.raises(
            PreflightError, match=r"panda_joint4 0\.19\d rad beyond its limit after \d\.\d+ s$"
        ):
            preflight(motion, JointReading(self.HOME, 0.0, 0.0), DURATION)
