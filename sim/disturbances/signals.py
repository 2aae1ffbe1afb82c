"""Disturbances between the arm and its controller: noise, delay, goal, speed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.spatial.transform import Rotation

from ..robot import Robot
from .disturbance import Disturbance, Vector, parse_vector


@dataclass(frozen=True)
class SensorNoise(Disturbance):
    """Normally distributed errors of each measured pose.

    Parameters
    ----------
    position : standard deviation of each coordinate, m.
    rotation : standard deviation of the rotation about each axis, rad.
    seed : of the errors; a campaign gives each episode its own.
    """

    name: ClassVar[str] = "sensor_noise"
    position: float
    rotation: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._refuse_unless(
            bool(np.isfinite([self.position, self.rotation]).all())
            and min(self.position, self.rotation) >= 0,
            "deviations of at least 0",
        )

    def sample(self, random: np.random.Generator, duration: float, robot: Robot) -> SensorNoise:
        """See `Disturbance`."""
        return replace(self, seed=int(random.integers(2**31)))

    def alter_pose(
        self, time: float, position: Vector, quaternion: Vector
    ) -> tuple[Vector, Vector]:
        """See `Disturbance`."""
        random = np.random.default_rng([self.seed, round(1e6 * time)])
        errors = random.standard_normal((2, 3))
        position = position + self.position * errors[0]
        if self.rotation == 0:
            return position, quaternion
        turned = Rotation.from_rotvec(self.rotation * errors[1]) * Rotation.from_quat(quaternion)
        return position, turned.as_quat()


@dataclass(frozen=True)
class SensorDelay(Disturbance):
    """Poses reach the controller late.

    Parameters
    ----------
    delay : s.
    """

    name: ClassVar[str] = "sensor_delay"
    delay: float

    def __post_init__(self) -> None:
        self._refuse_unless(np.isfinite(self.delay) and self.delay >= 0, "a delay of at least 0 s")

    @property
    def sensor_delay(self) -> float:
        """See `Disturbance`."""
        return self.delay


@dataclass(frozen=True)
class MovedGoal(Disturbance):
    """The goal jumps.

    Parameters
    ----------
    offset : (3) in m, base frame; what the motion's own dimensions don't reach has no effect.
    time : s.
    """

    name: ClassVar[str] = "moved_goal"
    offset: tuple[float, float, float]
    time: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "offset", parse_vector(self.offset, "the offset of a moved goal"))
        self._refuse_unless(np.isfinite(self.time) and self.time >= 0, "a time of at least 0 s")

    @property
    def interval(self) -> tuple[float, float]:
        """See `Disturbance`."""
        return self.time, self.time

    def goal_offset(self, time: float) -> Vector:
        """See `Disturbance`."""
        return np.array(self.offset) if time >= self.time else np.zeros(3)


@dataclass(frozen=True)
class SlowDown(Disturbance):
    """All commands are scaled down for a while, as by a robot's speed override.

    Parameters
    ----------
    factor : 0 to 1.
    time : when it begins, s.
    duration : s.
    """

    name: ClassVar[str] = "slow_down"
    factor: float
    time: float
    duration: float

    def __post_init__(self) -> None:
        self._refuse_unless(
            bool(np.isfinite([self.factor, self.time, self.duration]).all())
            and 0 <= self.factor <= 1
            and self.time >= 0
            and self.duration > 0,
            "a factor of 0 to 1, time at least 0, duration above 0",
        )

    @property
    def interval(self) -> tuple[float, float]:
        """See `Disturbance`."""
        return self.time, self.time + self.duration

    def alter_twist(self, time: float, twist: Vector) -> Vector:
        """See `Disturbance`."""
        begin, end = self.interval
        return self.factor * twist if begin <= time < end else twist
