"""A pour, position and orientation together: learned, followed by an arm, pushed, and recovered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import elcd_policy as elcd
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.robot.orientation import rotation_vector, to_pose
from elcd_policy.robot.task_space import TaskSpace, goal_orientation
from elcd_policy_sim import EpisodeLog, Push, load_robot, run_episode
from elcd_policy_sim.arm.arm import Arm
from elcd_policy_sim.episodes.control import TaskController
from elcd_policy_sim.episodes.policy_motion import PolicyMotion

Saved = Callable[..., Path]

POUR = Path(__file__).parents[3] / "data" / "pour"
PUSHES = [Push(1.0, (40, 0, 0), 0.2), Push(2.2, (0, -40, 20), 0.2), Push(3.4, (20, 30, 0), 0.2)]
# Learned in seconds: good enough to pour, not as close as the defaults.
QUICK = elcd.TrainingSettings(
    far=0, ball=0, couplings=2, width=24, linear_steps=120, shooting_steps=0
)


@pytest.fixture(scope="module")
def demonstrations() -> DemonstrationSet:
    return elcd.load_demonstrations(POUR)


@pytest.fixture(scope="module")
def motion(
    demonstrations: DemonstrationSet,
    tmp_path_factory: pytest.TempPathFactory,
    saved: Saved,
) -> PolicyMotion:
    policy = elcd.fit(demonstrations, settings=QUICK, progress=False)
    return PolicyMotion(saved(policy, tmp_path_factory.mktemp("pour") / "pour.pt"))


def turned(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles [K] in deg between quaternions [K, 4]."""
    angles = [np.linalg.norm(rotation_vector(*pair)) for pair in zip(a, b, strict=True)]
    return np.degrees(angles)


def poured(
    demonstrations: DemonstrationSet, motion: PolicyMotion, pushes: Sequence[Push], duration: float
) -> tuple[EpisodeLog, float, np.ndarray]:
    """The log of an episode, its last distance from the goal in mm, its angles from it in deg."""
    facts = motion.policy.metadata
    robot = load_robot("panda")
    placement = robot.placement_for(facts)
    goal = goal_orientation(facts, placement)
    with Arm(robot) as arm:
        arm.move_to(*to_pose(demonstrations[1].position[0], demonstrations.orientation))
        task = TaskSpace(placement, 6, goal)
        log = run_episode(arm, TaskController(motion, task), duration, 100.0, pushes)
    distance = 1000 * float(np.linalg.norm(log.position[-1] - facts.goal[:3]))
    return log, distance, turned(log.quaternion, np.broadcast_to(goal, log.quaternion.shape))


def test_a_pushed_pour_ends_where_it_was_shown(
    demonstrations: DemonstrationSet, motion: PolicyMotion
) -> None:
    # What was shown takes 5 s; the last push ends after 3.6 s.
    pushed, distance, angle = poured(demonstrations, motion, PUSHES, 10.0)
    calm, _, _ = poured(demonstrations, motion, [], 4.0)
    assert 95 < angle[0] < 110
    aside = np.linalg.norm(pushed.position[: len(calm)] - calm.position, axis=1)
    assert 0.03 < aside.max() < 0.2
    assert 5 < turned(pushed.quaternion[: len(calm)], calm.quaternion).max() < 60
    assert distance < 5
    assert angle[-1] < 2
