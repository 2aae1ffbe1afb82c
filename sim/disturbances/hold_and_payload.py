"""Disturbances of the arm itself: held fast, loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .disturbance import Disturbance

if TYPE_CHECKING:
    from ..arm.arm import Arm


@dataclass(frozen=True)
class Hold(Disturbance):
    """Somebody holds the TCP where it is for a while, and lets go.

    Parameters
    ----------
    time : when it begins, s.
    duration : s.
    """

    name: ClassVar[str] = "hold"
    time: float
    duration: float

    def __post_init__(self) -> None:
        self._refuse_unless(
            bool(np.isfinite([self.time, self.duration]).all())
            and self.time >= 0
            and self.duration > 0,
            "time at least 0, duration above 0",
        )

    @property
    def interval(self) -> tuple[float, float]:
        """See `Disturbance`."""
        return self.time, self.time + self.duration

    def act_on(self, arm: Arm, begins: bool) -> None:
        """See `Disturbance`."""
        if begins:
            arm.clamp()
        else:
            arm.release()


@dataclass(frozen=True)
class Payload(Disturbance):
    """A mass fixed to the TCP from some time on, of which the arm's controller knows nothing.

    Parameters
    ----------
    mass : kg.
    time : when it is attached, s.
    """

    name: ClassVar[str] = "payload"
    mass: float
    time: float = 0.0

    def __post_init__(self) -> None:
        self._refuse_unless(
            bool(np.isfinite([self.mass, self.time]).all()) and self.mass > 0 and self.time >= 0,
            "a mass above 0 kg, a time of at least 0",
        )

    @property
    def interval(self) -> tuple[float, float]:
        """See `Disturbance`."""
        return self.time, np.inf

    def act_on(self, arm: Arm, begins: bool) -> None:
        """See `Disturbance`."""
        if begins:
            arm.attach(self.mass)
