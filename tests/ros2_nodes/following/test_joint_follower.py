"""Followers of joints, without ROS: a linear field, an ideal Panda, every limit at every tick."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pinocchio")
pytest.importorskip("pybullet_data")

import pybullet_data

from elcd_policy.robot.joint_safety import JointReading
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.safety import Limits
from elcd_policy_ros2.following.arm_kinematics import ArmKinematics
from elcd_policy_ros2.following.follower import Follower
from elcd_policy_ros2.following.joint_follower import ArmFollower, JointFollower

from ..conftest import HOME

DT = 0.004
BASE = "panda_link0"


class Linear:
    """``v = rate (goal - x)``."""

    def __init__(self, goal: np.ndarray, rate: float = 3.0) -> None:
        self.goal, self.rate = np.asarray(goal, dtype=float), rate

    def velocity(self, x: np.ndarray) -> np.ndarray:
        return self.rate * (self.goal - x)

    def get_goal(self) -> np.ndarray:
        return self.goal.copy()

    def set_goal(self, g: np.ndarray) -> None:
        self.goal = np.array(g)


@pytest.fixture(scope="module")
def panda() -> ArmKinematics:
    urdf = Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"
    return ArmKinematics(urdf.read_text(), BASE, "panda_grasptarget")


def led_by_position(panda: ArmKinematics, goal: np.ndarray) -> ArmFollower:
    limits = Limits(0.25, 1.0, 2.0, 8.0, np.full(3, -2.0), np.full(3, 2.0), 0.1)
    cartesian = Follower(Linear(goal), Placement(), 3, limits, BASE, 0.002, 2.0, 2.0)
    return ArmFollower(cartesian, panda, panda.limits(1.0, 5.0, 0.1))


def run(follower: ArmFollower | JointFollower, ticks: int) -> tuple[np.ndarray, np.ndarray]:
    """Joint positions and commands [ticks, 7] of an arm that does what it is told."""
    joints, positions, commands = HOME.copy(), [], []
    for _ in range(ticks):
        command = follower.tick(JointReading(joints, 0.0, 0.0), DT)
        assert command is not None
        positions.append(joints)
        commands.append(command)
        joints = joints + DT * command
    return np.array(positions), np.array(commands)


@pytest.mark.parametrize("offset", [[0.15, 0.1, -0.1], [-0.2, -0.2, 0.1], [0.0, 0.25, 0.2]])
def test_the_tcp_goes_straight_to_a_position_within_all_limits(
    panda: ArmKinematics, offset: list[float]
) -> None:
    start = panda.pose(HOME)[0]
    follower = led_by_position(panda, start + offset)
    positions, commands = run(follower, 1200)
    limits = follower.joint_limits
    assert (np.abs(commands) <= limits.speed + 1e-9).all()
    steps = np.abs(np.diff(commands, axis=0, prepend=np.zeros((1, 7))))
    assert (steps <= limits.acceleration * DT + 1e-9).all()
    twists = np.array([panda.jacobian(q) @ v for q, v in zip(positions, commands, strict=True)])
    assert np.linalg.norm(twists[:, :3], axis=1).max() <= 0.25 * 1.001
    path = np.array([panda.pose(q)[0] for q in positions]) - start
    along = path @ offset / np.linalg.norm(offset)
    aside = path - np.outer(along, offset) / np.linalg.norm(offset)
    assert np.linalg.norm(aside, axis=1).max() < 0.002  # a streamline of this field is straight
    assert np.linalg.norm(path[-1] - offset) < 0.002
    assert follower.phase == "goal reached"


def test_a_goal_out_of_reach_ends_at_rest_within_the_joints_limits(panda: ArmKinematics) -> None:
    follower = led_by_position(panda, np.array([1.5, 0.0, 0.3]))
    positions, commands = run(follower, 1500)
    assert (positions > panda.lower).all()
    assert (positions < panda.upper).all()
    assert np.abs(commands[-1]).max() < 0.1
    assert follower.phase == "following"
    assert {"singularity"} <= set(follower.limited)


def test_joints_go_straight_to_their_goal(panda: ArmKinematics) -> None:
    goal = HOME + np.array([0.3, -0.2, 0.1, 0.4, -0.3, 0.2, 0.5])
    follower = JointFollower(Linear(goal), panda, panda.limits(0.4, 2.0, 0.1), 0.01)
    positions, commands = run(follower, 1500)
    assert np.linalg.norm(positions[-1] - goal) < 0.01
    assert follower.phase == "goal reached"
    assert np.abs(commands).max() <= 0.4 + 1e-9
    along = (goal - HOME) / np.linalg.norm(goal - HOME)
    way = positions - HOME
    np.testing.assert_allclose(way, np.outer(way @ along, along), atol=1e-6)


def test_a_policy_of_joints_in_another_order_moves_the_same_joints(panda: ArmKinematics) -> None:
    goal = HOME + np.linspace(-0.2, 0.3, 7)
    order = [2, 1, 0, 6, 3, 5, 4]
    limits = panda.limits(0.4, 2.0, 0.1)
    same = JointFollower(Linear(goal), panda, limits, 0.01)
    other = JointFollower(Linear(goal[order]), panda, limits, 0.01, order=order)
    state = JointReading(HOME, 0.0, 0.0)
    np.testing.assert_array_equal(other.policy_state(state), HOME[order])
    np.testing.assert_array_equal(other.goal, same.goal)
    np.testing.assert_allclose(other.wish(state), same.wish(state), atol=1e-12)
    path = np.array([HOME, goal])
    np.testing.assert_allclose(other.positions(path[:, order]), same.positions(path), atol=1e-12)
    np.testing.assert_allclose(other.tick(state, 0.01), same.tick(state, 0.01), atol=1e-12)


def test_a_goal_beyond_a_joints_limit_is_approached_and_never_passed(
    panda: ArmKinematics,
) -> None:
    goal = HOME.copy()
    goal[3] = panda.upper[3] + 1.0
    follower = JointFollower(Linear(goal), panda, panda.limits(2.0, 5.0, 0.1), 0.01)
    positions, _ = run(follower, 1500)
    assert (positions < panda.upper).all()
    assert positions[-1, 3] > panda.upper[3] - 0.02
    assert "joint limit" in follower.limited


def test_a_halt_ramps_all_joints_to_rest_together_then_is_silent(panda: ArmKinematics) -> None:
    follower = led_by_position(panda, panda.pose(HOME)[0] + [0.2, 0.1, 0.0])
    _, commands = run(follower, 150)
    last, sent = commands[-1], []
    for _ in range(500):
        command = follower.tick(JointReading(HOME, 0.0, 0.0), DT, "paused")
        if command is None:
            break
        sent.append(command)
    ramp = np.array([command for command in sent if command.any()])
    directions = ramp / np.linalg.norm(ramp, axis=1, keepdims=True)
    np.testing.assert_allclose(directions, np.tile(last / np.linalg.norm(last), (len(ramp), 1)))
    assert not np.array(sent)[-100:].any()
    assert follower.silent
