"""Disturbances of an episode: pushes at the TCP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ParameterError

from .robot import Robot

Vector = NDArray[np.float64]

IN_PLANE = 30.0  # N, of the default pushes
ACROSS = 45.0  # N, along the normal, where an arm folded before its base yields less


@dataclass(frozen=True)
class Push:
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

    def force_at(self, time: float) -> Vector:
        """Force [3] in N at a time in s."""
        active = self.time <= time < self.time + self.duration
        return np.array(self.force) if active else np.zeros(3)

    @classmethod
    def parse(cls, text: str) -> Push:
        """The push written as ``time:fx,fy,fz:duration``, such as ``2.0:30,0,0:0.2``."""
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


def parse_pushes(text: str | Iterable[str]) -> list[Push]:
    """Pushes from a list of texts, or from one text with blanks or semicolons between them."""
    texts = text.replace(";", " ").split() if isinstance(text, str) else text
    return [Push.parse(part) for part in texts]


def total_force(pushes: Sequence[Push], time: float) -> Vector:
    """Sum [3] of the pushes' forces in N at a time in s."""
    return sum((push.force_at(time) for push in pushes), np.zeros(3))


def default_pushes(duration: float, robot: Robot, seed: int = 0) -> list[Push]:
    """Three pushes of 0.2 s, spread over a motion; each moves a Panda by 3 to 8 cm.

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
