"""What all episodes of a campaign have in common, and what chance adds to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from elcd_policy import LoadedPolicy
from elcd_policy.errors import ParameterError
from elcd_policy.placement import Placement

from .corridor import Corridor, demonstrated_corridor
from .disturbances import Disturbance
from .robot import Robot

Vector = NDArray[np.float64]

GOAL_TOLERANCE = 0.005  # m, of the TCP


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
    corridor : around the demonstrations.
    """

    robot: Robot
    placement: Placement
    dimension: int
    starts: Vector
    duration: float
    corridor: Corridor

    @classmethod
    def of(cls, policy: LoadedPolicy, robot: Robot, placement: Placement | None = None) -> Scene:
        """The scene of a policy's demonstrations.

        Parameters
        ----------
        placement : that of the policy's file if not given, else that of the robot.
        """
        facts = policy.metadata
        placement = placement or facts.placement or robot.placement_for(facts)
        return cls(
            robot,
            placement,
            facts.dimension,
            np.array(facts.starts),
            facts.duration,
            demonstrated_corridor(policy, placement),
        )


@dataclass(frozen=True)
class EpisodeSettings:
    """How each episode of a campaign is run.

    Parameters
    ----------
    disturbances : as given; each episode draws from them what is left to chance.
    rate : of the control ticks, Hz.
    physics_rate : of the simulation's steps, Hz.
    latency : s from a tick until its command reaches the arm.
    duration : s; twice the demonstrated duration if 0.
    """

    disturbances: tuple[Disturbance, ...] = ()
    rate: float = 100.0
    physics_rate: float = 1000.0
    latency: float = 0.0
    duration: float = 0.0

    def __post_init__(self) -> None:
        values = [self.rate, self.physics_rate, self.latency, self.duration]
        if not (np.isfinite(values).all() and min(values[:2]) > 0 and min(values[2:]) >= 0):
            raise ParameterError(
                "an episode's rates or times are out of range",
                got=f"{self.rate} Hz, {self.physics_rate} Hz, {self.latency} s, {self.duration} s",
                expected="rates above 0, times of at least 0",
            )

    def lasting(self, scene: Scene) -> EpisodeSettings:
        """These settings with the duration filled in."""
        return self if self.duration else replace(self, duration=2 * scene.duration)


def draw_episode(
    scene: Scene, disturbances: Sequence[Disturbance], seed: int, index: int
) -> tuple[Vector, list[Disturbance]]:
    """The start [d] and the disturbances of one episode.

    They depend on these arguments only, not on who runs the episode, nor on those before it.
    """
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
    start = scene.starts[random.integers(len(scene.starts))]
    drawn = [each.drawn(random, scene.duration, scene.robot) for each in disturbances]
    return start, drawn
