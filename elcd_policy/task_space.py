"""A policy's velocity as a twist of the end effector.

A policy of d <= 3 dimensions moves the TCP along its line, plane or volume, through a
`Placement`. What it leaves open, the distance from that line or plane and the orientation,
is held by a proportional controller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ParameterError, ShapeError
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


def unit_quaternion(quaternion: ArrayLike) -> Array:
    """The quaternion [4] (x y z w) at norm 1.

    Raises
    ------
    ParameterError
        If it is not four finite numbers away from zero.
    """
    q = np.array(quaternion, dtype=np.float64)
    norm = float(np.linalg.norm(q)) if q.shape == (4,) else 0.0
    if not (np.isfinite(norm) and norm > 1e-6):
        raise ParameterError(
            "an orientation is not a quaternion",
            got=q.tolist(),
            expected="four finite numbers x y z w, not all zero",
        )
    return q / norm


def rotation_vector(target: ArrayLike, current: ArrayLike) -> Array:
    """The shortest rotation [3] in rad, in the base frame, that turns current into target.

    ``log(target current^-1)``; both quaternions [4] as x y z w of norm about 1. Its norm is
    at most pi, and q and -q are the same rotation.
    """
    t, c = np.asarray(target, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if t.shape != (4,) or c.shape != (4,):
        raise ShapeError(
            "a rotation needs two quaternions", got=f"{t.shape}, {c.shape}", expected="[4] each"
        )
    x1, y1, z1, w1 = t.tolist()
    x2, y2, z2, w2 = c.tolist()
    # The product of t and the conjugate of c, written out: np.cross costs 30 us a call.
    vector = np.array(
        (
            -w1 * x2 + x1 * w2 - y1 * z2 + z1 * y2,
            -w1 * y2 + y1 * w2 - z1 * x2 + x1 * z2,
            -w1 * z2 + z1 * w2 - x1 * y2 + y1 * x2,
        )
    )
    scalar = w1 * w2 + x1 * x2 + y1 * y2 + z1 * z2
    if scalar < 0.0:
        vector, scalar = -vector, -scalar
    length = float(np.sqrt(vector @ vector))
    if length < 1e-9:
        return 2.0 * vector
    return (2.0 * float(np.arctan2(length, scalar)) / length) * vector
