"""A policy's velocity as a twist of the end effector.

A policy of d <= 3 dimensions moves the TCP along its line, plane or volume, through a
`Placement`. What it leaves open, the distance from that line or plane and the orientation,
is held by a proportional controller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ParameterError
from .orientation import rotation_vector, unit_quaternion
from .placement import Placement

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TaskSpace:
    """From a robot's pose to a policy's state, and from its velocity to a twist.

    Parameters
    ----------
    placement : where the policy's coordinates lie in the base frame.
    dimension : d, 1 to 3, of the policy.
    orientation : [4], x y z w, the orientation of the TCP to hold.
    hold_gain : 1/s, rate at which the distance from the line or plane decays.
    hold_gain_angular : 1/s, rate at which the orientation's error decays.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    """

    placement: Placement
    dimension: int
    orientation: Array
    hold_gain: float = 2.0
    hold_gain_angular: float = 2.0

    def __post_init__(self) -> None:
        if self.dimension not in (1, 2, 3):
            raise ParameterError(
                "the policy does not fit an end effector's position",
                got=f"{self.dimension} dimensions",
                expected="1, 2 or 3",
                advice="train on positions of the TCP",
            )
        for name in ("hold_gain", "hold_gain_angular"):
            gain = float(getattr(self, name))
            if not (np.isfinite(gain) and gain >= 0):
                raise ParameterError(f"{name} is out of range", got=gain, expected=">= 0 in 1/s")
        object.__setattr__(self, "orientation", unit_quaternion(self.orientation))

    def to_policy(self, position: ArrayLike) -> Array:
        """The policy's state [d] at a TCP position [3] in m."""
        return self.placement.to_policy(position)[..., : self.dimension]

    def twist(self, position: ArrayLike, quaternion: ArrayLike, velocity: ArrayLike) -> Array:
        """The twist [6] in the base frame for a policy's velocity.

        Parameters
        ----------
        position : [3] in m, of the TCP in the base frame.
        quaternion : [4], x y z w, of the TCP in the base frame.
        velocity : [d] in the policy's units per s.
        """
        twist = np.empty(6)
        offset = self.placement.to_policy(position)
        offset[: self.dimension] = 0.0
        twist[:3] = self.placement.velocity_to_robot(velocity)
        twist[:3] -= self.hold_gain * self.placement.velocity_to_robot(offset)
        twist[3:] = self.hold_gain_angular * rotation_vector(self.orientation, quaternion)
        return twist
