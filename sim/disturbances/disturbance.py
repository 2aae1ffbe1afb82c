"""The interface of all disturbances."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ParameterError

if TYPE_CHECKING:
    from ..arm.arm import Arm
    from ..robot import Robot

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Disturbance:
    """Something done to an episode; what a kind of disturbance does not redefine, it leaves alone.

    All times count from the episode's start, in s. A disturbance is a value: what it does
    depends on the time and its own seed only, so that any control rate meets the same one.
    """

    #: In files and on the command line.
    name: ClassVar[str] = ""

    @property
    def interval(self) -> tuple[float, float]:
        """Begin and end in s; the end is infinite if it lasts."""
        return 0.0, np.inf

    def edges(self, duration: float) -> list[float]:
        """Return times up to ``duration`` at which its force or its action on the arm changes."""
        return [time for time in self.interval if time <= duration]

    def sample(self, random: np.random.Generator, duration: float, robot: Robot) -> Disturbance:
        """Return this disturbance as one episode of a campaign meets it: chance plays here only.

        Parameters
        ----------
        random : of the episode.
        duration : of the demonstrated motion, s.
        robot : that is disturbed.
        """
        return self

    def force_at(self, time: float) -> Vector:
        """Return the force [3] on the TCP in N, base frame; constant between two edges."""
        return np.zeros(3)

    def act_on(self, arm: Arm, begins: bool) -> None:
        """Act on the arm itself when the interval begins, and when it ends."""

    @property
    def sensor_delay(self) -> float:
        """Age in s of the poses that the controller sees."""
        return 0.0

    def alter_pose(
        self, time: float, position: Vector, quaternion: Vector
    ) -> tuple[Vector, Vector]:
        """Return the pose that the controller sees instead of [3] in m and [4] as x y z w."""
        return position, quaternion

    def alter_twist(self, time: float, twist: Vector) -> Vector:
        """Return the twist [6] that is carried out instead of the controller's."""
        return twist

    def goal_offset(self, time: float) -> Vector:
        """Return how far [3] in m the goal has been moved, base frame."""
        return np.zeros(3)

    def __str__(self) -> str:
        """Return the text that `read_disturbance` reads."""
        texts = [f"{item.name}={_text(getattr(self, item.name))}" for item in fields(self)]
        return " ".join([self.name, *texts])

    def _refuse_unless(self, sound: bool, expected: str) -> None:
        if not sound:
            raise ParameterError(
                f"a {self.name or 'disturbance'} is out of range", got=str(self), expected=expected
            )


def parse_vector(values: object, what: str) -> tuple[float, float, float]:
    """Return three finite numbers, or raise a ParameterError."""
    try:
        x, y, z = (float(value) for value in values)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{what} is no vector", got=values, expected="x,y,z") from error
    if not np.isfinite([x, y, z]).all():
        raise ParameterError(f"{what} is no vector", got=[x, y, z], expected="finite numbers")
    return x, y, z


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(str(number) for number in value)
    return str(value)
