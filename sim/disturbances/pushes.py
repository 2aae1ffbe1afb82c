"""Pushes at the TCP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from elcd_policy.errors import ParameterError

from ..robot import Robot
from .disturbance import Disturbance, Vector

IN_PLANE = 30.0  # N, of the default pushes
ACROSS = 45.0  # N, along the normal, where an arm folded before its base yields less


@dataclass(frozen=True)
class Push(Disturbance):
    """A constant force on the TCP for a while.

    Parameters
    ----------
    time : when it begins, s.
    force : (3) in N, base frame.
    duration : s.

    Raises
    ------
    ParameterError
        If a number is not finite, the time negative or the duration not positive.
    """

    name: ClassVar[str] = "push"
    time: float
    force: tuple[float, float, float]
    duration: float

    def __post_init__(self) -> None:
        force = tuple(float(value) for value in self.force)
        if not (
            len(force) == 3
            and np.isfinite([self.time, *force, self.duration]).all()
            and self.time >= 0
            and self.duration > 0
        ):
            raise ParameterError(
                "a push is out of range",
                got=f"time {self.time} s, force {list(force)} N, duration {self.duration} s",
                expected="time at least 0, three finite numbers, duration above 0",
            )
        object.__setattr__(self, "force", force)

    @property
    def interval(self) -> tuple[float, float]:
        """See `Disturbance`."""
        return self.time, self.time + self.duration

    def force_at(self, time: float) -> Vector:
        """See `Disturbance`."""
        active = self.time <= time < self.time + self.duration
        return np.array(self.force) if active else np.zeros(3)

    @classmethod
    def parse(cls, text: str) -> Push:
        """Read a push written as ``time:fx,fy,fz:duration``, such as ``2.0:30,0,0:0.2``."""
        try:
            time, force, duration = text.split(":")
            values = tuple(float(value) for value in force.split(","))
            return cls(float(time), values, float(duration))  # type: ignore[arg-type]
        except ValueError as error:
            raise ParameterError(
                "a push can't be read",
                got=repr(text),
                expected="time:fx,fy,fz:duration in s, N and s, such as 2.0:30,0,0:0.2",
            ) from error


@dataclass(frozen=True)
class RandomPush(Disturbance):
    """A push of which each episode of a campaign draws time, direction and strength.

    The direction is uniform among those in which the robot's TCP can move.

    Parameters
    ----------
    weakest, strongest : N, between which the strength is uniform.
    duration : s.
    earliest, latest : shares of the demonstrated duration, between which the begin is uniform.
    """

    name: ClassVar[str] = "random_push"
    weakest: float = 15.0
    strongest: float = 45.0
    duration: float = 0.2
    earliest: float = 0.1
    latest: float = 0.7

    def __post_init__(self) -> None:
        values = [self.strongest, self.duration, self.latest]
        self._refuse_unless(
            bool(np.isfinite(values).all())
            and 0 <= self.weakest <= self.strongest
            and self.duration > 0
            and 0 <= self.earliest <= self.latest,
            "0 <= weakest <= strongest, duration above 0, 0 <= earliest <= latest",
        )

    def sample(self, random: np.random.Generator, duration: float, robot: Robot) -> Push:
        """See `Disturbance`."""
        direction = np.zeros(3)
        moving = [axis for axis in robot.controlled if axis < 3]
        direction[moving] = random.standard_normal(len(moving))
        strength = random.uniform(self.weakest, self.strongest)
        force = strength * direction / np.linalg.norm(direction)
        time = duration * random.uniform(self.earliest, self.latest)
        return Push(float(time), tuple(force.tolist()), self.duration)


def parse_pushes(text: str | Iterable[str]) -> list[Push]:
    """Read pushes from a list of texts, or from one text with blanks or semicolons between."""
    texts = text.replace(";", " ").split() if isinstance(text, str) else text
    return [Push.parse(part) for part in texts]


def total_force(disturbances: Sequence[Disturbance], time: float) -> Vector:
    """Return the sum [3] of all forces on the TCP in N at a time in s."""
    return sum((each.force_at(time) for each in disturbances), np.zeros(3))


def default_pushes(duration: float, robot: Robot, seed: int = 0) -> list[Push]:
    """Return three pushes of 0.2 s, spread over a motion; each moves a Panda by 3 to 8 cm.

    They begin at 20, 45 and 70 % of the motion: within the writing plane, along its normal,
    and within the plane again, roughly the other way.

    Parameters
    ----------
    duration : of the motion, s.
    robot : whose writing plane counts.
    seed : of the directions.

    Raises
    ------
    ParameterError
        If the duration is not positive.
    """
    if not (np.isfinite(duration) and duration > 0):
        raise ParameterError(
            "the duration of a motion is out of range", got=duration, expected="above 0 s"
        )
    random = np.random.default_rng(seed)
    angle = random.uniform(0, 2 * np.pi)
    opposite = angle + np.pi + random.uniform(-np.pi / 4, np.pi / 4)
    in_plane = [[np.cos(a), np.sin(a), 0.0] for a in (angle, opposite)]
    normal = [0.0, 0.0, random.choice([-1.0, 1.0])]
    directions = (in_plane[0], normal, in_plane[1])
    forces = [
        strength * robot.writing_plane.rotation @ direction
        for strength, direction in zip((IN_PLANE, ACROSS, IN_PLANE), directions, strict=True)
    ]
    return [
        Push(share * duration, tuple(force.tolist()), 0.2)
        for share, force in zip((0.2, 0.45, 0.7), forces, strict=True)
    ]
