"""Policies of poses: the end effector is moved and turned to the goal, over DDS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import Transition
from scipy.spatial.transform import Rotation

from elcd_policy import TrainingSettings, fit, load, save
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.robot.orientation import rotation_vector
from elcd_policy_ros2.following.policy_setup import follower_for
from elcd_policy_ros2.following.pose_follower import PoseFollower
from elcd_policy_ros2.following.preflight import rehearse
from elcd_policy_ros2.node.messages import COMMAND_QOS, fill_pose
from elcd_policy_ros2.node.policy_settings import POLICY_NODE

from ..conftest import Ros
from ..point_arm import Arm, configured, falls_silent, transition

GOAL = np.array([0.5, 0.1, 0.3])
GOAL_TURN = Rotation.from_euler("xz", [170.0, 30.0], degrees=True)
BEGIN = GOAL + np.array([-0.2, 0.0, 0.1])


def demonstrations() -> DemonstrationSet:
    """Three motions that come down while the tool turns by 80 degrees."""
    time, motions = np.linspace(0.0, 3.0, 80), []
    smooth = (time / 3.0) ** 2 * (3 - 2 * time / 3.0)
    for bend in (0.03, 0.04, 0.05):
        position = BEGIN + smooth[:, None] * (GOAL - BEGIN)
        position[:, 1] += bend * np.sin(np.pi * smooth)
        turn = Rotation.from_rotvec((1 - smooth)[:, None] * np.array([0.0, np.deg2rad(80), 0.2]))
        motions.append(Demonstration(time, position, quaternion=(turn * GOAL_TURN).as_quat()))
    return DemonstrationSet(tuple(motions), units="m", frame="base_link", source="test turns")


BEGIN_TURN = Rotation.from_rotvec([0.0, np.deg2rad(80), 0.2]) * GOAL_TURN


@pytest.fixture(scope="module")
def pose_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    quick = TrainingSettings(
        far=0, ball=0, couplings=2, width=24, linear_steps=100, shooting_steps=0
    )
    path = tmp_path_factory.mktemp("policy") / "poses.pt"
    assert save(fit(demonstrations(), settings=quick, progress=False), path).certified
    return path


def angle(arm: Arm, goal: Rotation) -> float:
    return float(np.linalg.norm(rotation_vector(goal.as_quat(), arm.quaternion)))


def ready(ros: Ros, pose_file: Path, **parameters: Any) -> Arm:
    arm = configured(ros, pose_file, max_angular_speed=2.0, **parameters)
    arm.position, arm.quaternion = BEGIN.copy(), BEGIN_TURN.as_quat()
    ros.spin(0.1)
    return arm


def test_the_tool_is_moved_and_turned_to_the_goal_and_to_a_moved_one(
    ros: Ros, pose_file: Path
) -> None:
    arm = ready(ros, pose_file, goal_tolerance=0.01, goal_tolerance_angular=0.03)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.says("goal reached"))
    assert np.linalg.norm(arm.position - GOAL) < 0.0101
    assert angle(arm, GOAL_TURN) < 0.031
    arm.check_commands()
    assert np.linalg.norm(arm.twists[:, 3:], axis=1).max() > 0.2
    out = ros.probe.create_publisher(PoseStamped, "/policy_node/goal", COMMAND_QOS)
    ros.until(out.get_subscription_count)
    turned = Rotation.from_rotvec([0.0, 0.0, 0.4]) * GOAL_TURN
    goal = PoseStamped()
    goal.header.frame_id = "base_link"
    fill_pose(goal.pose, GOAL, turned.as_quat())
    out.publish(goal)
    ros.until(lambda: arm.says("following"))
    ros.until(lambda: arm.says("goal reached"))
    assert angle(arm, turned) < 0.031
    assert np.linalg.norm(arm.position - GOAL) < 0.0101


def test_an_orientation_near_half_a_turn_from_the_goals_is_refused(
    ros: Ros, pose_file: Path
) -> None:
    arm = ready(ros, pose_file)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: len(arm.commands) > 10)
    arm.moving = False
    arm.quaternion = (Rotation.from_rotvec([0.0, 0.0, 3.05]) * GOAL_TURN).as_quat()
    ros.until(lambda: arm.says("fault: the orientation is out of range"))
    falls_silent(ros, arm)


def pose_follower(pose_file: Path) -> PoseFollower:
    values = {setting.name: setting.default for setting in POLICY_NODE}
    follower = follower_for(load(pose_file), values)
    assert isinstance(follower, PoseFollower)
    return follower


def test_the_rehearsal_turns_the_tool_as_the_demonstrations_do(pose_file: Path) -> None:
    from elcd_policy.robot.safety import State

    follower = pose_follower(pose_file)
    start = State(BEGIN, BEGIN_TURN.as_quat(), "base_link", 0.0, 0.0)
    rehearsal = rehearse(follower, start, 3.0)
    policy = load(pose_file)
    x0 = follower.policy_state(start)
    np.testing.assert_allclose(x0[3:], [0.0, np.deg2rad(80), 0.2], atol=1e-6)
    _, path = policy.rollout(x0, float(rehearsal.time[-1]), 3.0 / 80)
    expected = path[: len(rehearsal.position), :3]
    np.testing.assert_allclose(rehearsal.position[: len(expected)], expected, atol=0.01)
    turned = np.linalg.norm(rehearsal.twist[:, 3:], axis=1) @ np.gradient(rehearsal.time)
    assert turned == pytest.approx(np.linalg.norm(x0[3:]), rel=0.15)


@pytest.mark.parametrize(
    ("quaternion", "message"),
    [([0.0, 0.0, 0.0, 0.0], "not a rotation"), ([np.nan, 0.0, 0.0, 1.0], "not a rotation")],
)
def test_a_goal_without_an_orientation_is_refused(
    pose_file: Path, quaternion: list, message: str
) -> None:
    follower = pose_follower(pose_file)
    before = follower.orientation
    assert message in follower.set_goal(GOAL, np.array(quaternion), "base_link")
    np.testing.assert_array_equal(follower.orientation, before)
