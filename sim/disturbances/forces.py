"""Forces on the TCP other than the pushes of `pushes`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..robot import Robot
from .disturbance import Disturbance, Vector, parse_vector

NOISE_PERIOD = 0.02  # s for which a random force stays


@dataclass(frozen=True)
class Wind(Disturbance):
    """A constant force all the time.

    Parameters
    ----------
    force : (3) in N, base frame.
    """

    name: ClassVar[str] = "wind"
    force: tuple[float, float, float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "force", parse_vector(self.force, "the force of a wind"))

    def force_at(self, time: float) -> Vector:
        """See `Disturbance`."""
        return np.array(self.force)


@dataclass(frozen=True)
class ForceNoise(Disturbance):
    """A normally distributed force, drawn anew every 20 ms.

    Parameters
    ----------
    deviation : standard deviation of each coordinate, N.
    seed : of the forces; a campaign gives each episode its own.
    """

    name: ClassVar[str] = "force_noise"
    deviation: float
    seed: int = 0

    def __post_init__(self) -> None:
        self._refuse_unless(
            np.isfinite(self.deviation) and self.deviation >= 0, "a deviation of at least 0 N"
        )

    def edges(self, duration: float) -> list[float]:
        """See `Disturbance`."""
        return [NOISE_PERIOD * k for k in range(int(duration / NOISE_PERIOD) + 1)]

    def sample(self, random: np.random.Generator, duration: float, robot: Robot) -> ForceNoise:
        """See `Disturbance`."""
        return replace(self, seed=int(random.integers(2**31)))

    def force_at(self, time: float) -> Vector:
        """See `Disturbance`."""
        random = np.random.default_rng([self.seed, int(time / NOISE_PERIOD)])
        return self.deviation * random.standard_normal(3)
