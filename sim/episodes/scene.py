"""The scene that all episodes of a campaign share, and the part of chance in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from elcd_policy import LoadedPolicy
from elcd_policy.errors import ParameterError
from elcd_policy.robot.orientation import POSE_DIMENSION, left_jacobian_inverse
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.policy_coordinates import check_coordinates
from elcd_policy.robot.task_space import TaskSpace, goal_orientation

from ..arm.engines import AUTO
from ..disturbances import Disturbance
from ..robot import Robot
from .corridor import Corridor, build_corridor
from .log import EpisodeLog

Vector = NDArray[np.float64]

GOAL_TOLERANCE = 0.005  # m, of the TCP
ROTATION_TOLERANCE = 2.0  # degrees, of the orientation of a pose


@dataclass(frozen=True, eq=False)
class Scene:
    """A robot, the place and the demonstrations of its motion.

    Parameters
    ----------
    robot : the arm.
    placement : of the motion in its base frame.
    dimension : d of the motion.
    starts : [n, d], where demonstrations begin, in the policy's units.
    duration : of the demonstrated motion, s.
    corridor : around the demonstrations' positions.
    orientation : [4] x y z w of the goal, base frame, if the motion is one of poses.
    """

    robot: Robot
    placement: Placement
    dimension: int
    starts: Vector
    duration: float
    corridor: Corridor
    orientation: Vector | None = None

    @classmethod
    def of(cls, policy: LoadedPolicy, robot: Robot, placement: Placement | None = None) -> Scene:
        """Build the scene of a policy's demonstrations.

        Parameters
        ----------
        placement : that of the policy's file if not given, else that of the robot.
        """
        facts = policy.metadata
        check_coordinates(facts)
        placement = placement or facts.placement or robot.placement_for(facts)
        return cls(
            robot,
            placement,
            facts.dimension,
            np.array(facts.starts),
            facts.duration,
            build_corridor(policy, placement),
            goal_orientation(facts, placement),
        )

    def task(self, held: Vector) -> TaskSpace:
        """Return the motion's task, which holds the orientation [4] unless it is one of poses."""
        reference = held if self.orientation is None else self.orientation
        return TaskSpace(self.placement, self.dimension, reference)

    def pose(self, x: Vector) -> tuple[Vector, Vector | None]:
        """Return position [3] in m and, of a pose, quaternion [4] of the TCP at a state [d]."""
        position = self.placement.to_robot(x[:3])
        if self.orientation is None:
            return position, None
        turn = Rotation.from_rotvec(self.placement.rotation @ x[3:])
        return position, (turn * Rotation.from_quat(self.orientation)).as_quat()

    def states(self, log: EpisodeLog) -> tuple[Vector, Vector]:
        """Return measured states [K, d] and their rates [K, d], in the policy's units and per s."""
        rotation, scale = self.placement.rotation, self.placement.metres_per_unit
        linear = log.twist[:, :3] @ rotation / scale
        if self.dimension != POSE_DIMENSION:
            x = self.placement.to_policy(log.position)
            return x[:, : self.dimension], linear[:, : self.dimension]
        task = self.task(log.quaternion[0])
        poses = zip(log.position, log.quaternion, strict=True)
        x = np.array([task.to_policy(position, quaternion) for position, quaternion in poses])
        turning = log.twist[:, 3:] @ rotation
        rates = [left_jacobian_inverse(r) @ w for r, w in zip(x[:, 3:], turning, strict=True)]
        return x, np.concatenate([linear, rates], axis=1)


@dataclass(frozen=True)
class EpisodeSettings:
    """Rates, latency, duration and disturbances of each episode of a campaign.

    Parameters
    ----------
    disturbances : as given; each episode draws from them what is left to chance.
    rate : of the control ticks, Hz.
    physics_rate : of the simulation's steps, Hz.
    latency : s from a tick until its command reaches the arm.
    duration : s; twice the demonstrated duration if 0.
    engine : of the physics, see `elcd_policy_sim.arm.choose_engine`.
    """

    disturbances: tuple[Disturbance, ...] = ()
    rate: float = 100.0
    physics_rate: float = 1000.0
    latency: float = 0.0
    duration: float = 0.0
    engine: str = AUTO

    def __post_init__(self) -> None:
        values = [self.rate, self.physics_rate, self.latency, self.duration]
        if not (np.isfinite(values).all() and min(values[:2]) > 0 and min(values[2:]) >= 0):
            raise ParameterError(
                "an episode's rates or times are out of range",
                got=f"{self.rate} Hz, {self.physics_rate} Hz, {self.latency} s, {self.duration} s",
                expected="rates above 0, times of at least 0",
            )


def sample_episode(
    scene: Scene, disturbances: Sequence[Disturbance], seed: int, index: int
) -> tuple[Vector, list[Disturbance]]:
    """Draw the start [d] and the disturbances of one episode.

    They depend on these arguments only, not on who runs the episode, nor on those before it.
    """
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
    start = scene.starts[random.integers(len(scene.starts))]
    drawn = [each.sample(random, scene.duration, scene.robot) for each in disturbances]
    return start, drawn
