"""A scene takes motions of positions and of poses to the arm and back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from elcd_policy.robot.placement import Placement
from elcd_policy_sim import Arm, TaskController, load_robot, run_episode
from elcd_policy_sim.episodes.corridor import Corridor
from elcd_policy_sim.episodes.log import EpisodeLog
from elcd_policy_sim.episodes.scene import Scene

PLACEMENT = Placement(Rotation.from_euler("z", 30, degrees=True).as_matrix(), [0.45, 0.05, 0.35])
DOWN = np.array([1.0, 0.0, 0.0, 0.0])


class Turning:
    """A constant velocity, in six dimensions or fewer."""

    def __init__(self, velocity: list[float]) -> None:
        self.dimension, self._velocity = len(velocity), np.array(velocity)

    def begin(self, x: np.ndarray) -> None:
        """Nothing to remember."""

    def velocity(self, time: float, x: np.ndarray) -> np.ndarray:
        return self._velocity

    def set_goal(self, goal: np.ndarray) -> None:
        raise AssertionError(goal)

    def get_goal(self) -> np.ndarray:
        return np.zeros(self.dimension)


def followed(scene: Scene, start: np.ndarray, velocity: list[float]) -> EpisodeLog:
    with Arm(scene.robot) as arm:
        arm.move_to(*scene.pose(start))
        task = scene.task(arm.pose()[1])
        return run_episode(arm, TaskController(Turning(velocity), task), 0.8)


def scene_of(dimension: int, orientation: np.ndarray | None = None) -> Scene:
    line = np.linspace([0.4, 0, 0.3], [0.5, 0, 0.3], 10)
    starts = np.zeros((1, dimension))
    robot = load_robot("panda")
    return Scene(robot, PLACEMENT, dimension, starts, 1.0, Corridor.around([line]), orientation)


@pytest.mark.parametrize("dimension", [2, 3])
def test_positions_and_their_rates_are_measured(dimension: int) -> None:
    velocity = [0.08, -0.05, 0.04][:dimension]
    scene = scene_of(dimension)
    x, v = scene.states(followed(scene, np.zeros(dimension), velocity))
    assert x.shape == v.shape == (81, dimension)
    assert np.allclose(x[0], 0, atol=1e-4)
    assert np.allclose(v[40:], velocity, atol=2e-3)
    assert np.allclose(np.gradient(x, 0.01, axis=0)[20:-1], v[20:-1], atol=3e-3)


def test_poses_and_their_rates_are_measured() -> None:
    """Far from the goal's orientation, where rotation vectors turn unlike angular velocities."""
    velocity = [0.04, 0.02, 0.0, -0.1, 0.25, 0.2]
    scene = scene_of(6, DOWN)
    start = np.array([0.0, 0.02, 0.0, 0.9, -0.3, 0.4])
    log = followed(scene, start, velocity)
    x, v = scene.states(log)
    assert np.allclose(x[0], start, atol=1e-3)
    assert np.allclose(v[40:], velocity, atol=6e-3)
    assert np.allclose(np.gradient(x, 0.01, axis=0)[20:-1], v[20:-1], atol=6e-3)
    position, quaternion = scene.pose(x[-1])
    assert np.allclose(position, log.position[-1], atol=1e-9)
    assert quaternion is not None
    assert abs(quaternion @ log.quaternion[-1]) == pytest.approx(1)
