"""A policy's velocity as a twist of the end effector.

A policy of d <= 3 dimensions moves the TCP along its line, plane or volume, through a
`Placement`. What it leaves open, the distance from that line or plane and the orientation,
is held by a proportional controller. A policy of poses (d = 6, see `elcd_policy.robot.orientation`)
leaves nothing open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from ..errors import ParameterError
from .orientation import (
    MARGIN,
    POSE_DIMENSION,
    angle_fault,
    left_jacobian,
    quaternion_from_matrix,
    rotation_vector,
    to_pose,
    unit_quaternion,
)
from .placement import Placement

if TYPE_CHECKING:
    from ..metadata import PolicyMetadata

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TaskSpace:
    """From a robot's pose to a policy's state, and from its velocity to a twist.

    A placement of rotation P moves demonstrated poses as one rigid thing: orientations R
    become ``P R``, the scale is for lengths only. With R the TCP's orientation and R* the
    goal's, both in the base frame, the state's rotation is ``r = P^T log(R R*^-1)``, and its
    rate gives the angular velocity ``omega = P J_l(r) r_dot`` in the base frame. Another R*
    moves the goal, and with it the field: rotations are counted from the goal's orientation,
    about the placed axes, which stay.

    Parameters
    ----------
    placement : where the policy's coordinates lie in the base frame.
    dimension : d, 1 to 3 or 6, of the policy.
    orientation : [4], x y z w, in the base frame: the orientation of the TCP to hold or, with
        six dimensions, that of the goal (see `goal_orientation`).
    hold_gain : 1/s, rate at which the distance from the line or plane decays.
    hold_gain_angular : 1/s, rate at which the orientation's error decays.
    margin : rad; poses turned further than pi minus this from the goal's are refused.

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
    margin: float = MARGIN

    def __post_init__(self) -> None:
        if self.dimension not in (1, 2, 3, POSE_DIMENSION):
            raise ParameterError(
                "the policy does not fit an end effector",
                got=f"{self.dimension} dimensions",
                expected="1, 2 or 3 for a position, 6 for a pose",
                advice="train on positions or poses of the TCP",
            )
        for name in ("hold_gain", "hold_gain_angular"):
            gain = float(getattr(self, name))
            if not (np.isfinite(gain) and gain >= 0):
                raise ParameterError(f"{name} is out of range", got=gain, expected=">= 0 in 1/s")
        object.__setattr__(self, "orientation", unit_quaternion(self.orientation))

    def fault(self, quaternion: ArrayLike) -> str:
        """Return why no policy of poses can be followed from an orientation [4]; empty for none."""
        if self.dimension != POSE_DIMENSION:
            return ""
        fault = angle_fault(_length(rotation_vector(quaternion, self.orientation)), self.margin)
        return f"the orientation is out of range: {fault}" if fault else ""

    def to_policy(self, position: ArrayLike, quaternion: ArrayLike | None = None) -> Array:
        """Return the policy's state [d] at a TCP position [3] in m and, for poses, orientation [4].

        Where `fault` finds one, rotations are not a number: so is every velocity from there, and
        the safety chain ramps to zero.
        """
        x = self.placement.to_policy(position)
        if self.dimension != POSE_DIMENSION:
            return x[..., : self.dimension]
        if quaternion is None:
            raise ParameterError("a pose needs an orientation", got="a position only")
        r = rotation_vector(quaternion, self.orientation)
        if _length(r) > np.pi - self.margin:
            r = np.full(3, np.nan)
        return np.concatenate([x, self.placement.rotation.T @ r])

    def pose(self, x: ArrayLike) -> tuple[Array, Array]:
        """Return position [3] in m and quaternion [4] of the TCP at a policy's state [d]."""
        x = np.asarray(x, dtype=np.float64)
        position = self.placement.to_robot(x[:3])
        if self.dimension != POSE_DIMENSION:
            return position, self.orientation
        turned = np.concatenate([position, self.placement.rotation @ x[3:]])
        return to_pose(turned, self.orientation)

    def twist(self, position: ArrayLike, quaternion: ArrayLike, velocity: ArrayLike) -> Array:
        """Return the twist [6] in the base frame for a policy's velocity.

        Parameters
        ----------
        position : [3] in m, of the TCP in the base frame.
        quaternion : [4], x y z w, of the TCP in the base frame.
        velocity : [d] in the policy's units per s, its last three of six in rad/s.
        """
        twist = np.empty(6)
        if self.dimension == POSE_DIMENSION:
            velocity = np.asarray(velocity, dtype=np.float64)
            r = rotation_vector(quaternion, self.orientation)
            twist[:3] = self.placement.velocity_to_robot(velocity[:3])
            # J_l(P^T r) = P^T J_l(r) P.
            twist[3:] = left_jacobian(r) @ (self.placement.rotation @ velocity[3:])
            return twist
        offset = self.placement.to_policy(position)
        offset[: self.dimension] = 0.0
        twist[:3] = self.placement.velocity_to_robot(velocity)
        twist[:3] -= self.hold_gain * self.placement.velocity_to_robot(offset)
        twist[3:] = self.hold_gain_angular * rotation_vector(self.orientation, quaternion)
        return twist


def goal_orientation(facts: PolicyMetadata, placement: Placement) -> Array | None:
    """Return the goal's orientation [4], base frame, of a placed policy of poses, else None."""
    if facts.orientation is None:
        return None
    turn = Rotation.from_quat(quaternion_from_matrix(placement.rotation))
    return (turn * Rotation.from_quat(facts.orientation.reference)).as_quat()


def _length(r: Array) -> float:
    return float(np.sqrt(r @ r))
