"""The interface of a physics engine: a robot's state, kinematics, dynamics and actions on it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

GRAVITY = 9.81  # m/s^2, along -z


class ArmModel(Protocol):
    """The n arm joints and the TCP of a robot, its base at the world's origin.

    Joints that are not the arm's stay where they are. The engine's own motors, damping and
    friction are off: joints move by `drive` and by gravity alone. Nothing collides. Kinematics and
    dynamics are those at the present joint positions.
    """

    def rebuild(self) -> None:
        """Start over: joints at zero and at rest, no payload, nothing clamped, no force."""

    def close(self) -> None:
        """Release the engine."""

    def place(self, joints: Vector) -> None:
        """Put the arm at joint positions [n] in rad, at rest."""

    def read_joints(self) -> tuple[Vector, Vector]:
        """Return positions [n] in rad and velocities [n] in rad/s."""

    def read_velocities(self) -> Vector:
        """Return velocities [n] in rad/s: the part of `read_joints` that every step needs."""

    def read_tcp(self) -> tuple[Vector, Vector]:
        """Return position [3] in m and quaternion [4] x y z w of the TCP."""

    def compute_jacobian(self) -> Vector:
        """Return the geometric Jacobian [6, n] at the TCP, linear above angular, base frame."""

    def compute_torques(self, accelerations: Vector) -> Vector:
        """Return torques [n] in N m that carry the arm's weight and accelerate it [n], from rest.

        A payload is not known here.
        """

    def drive(self, torques: Vector) -> None:
        """Apply motor torques [n] in N m in the next step."""

    def push(self, force: Vector) -> None:
        """Apply a force [3] in N to the TCP's origin in the next step."""

    def step(self) -> None:
        """Advance the physics by one timestep."""

    def clamp(self) -> None:
        """Fix the TCP's position where it is, as a hand that holds it; it may turn."""

    def release(self) -> None:
        """Let go of what `clamp` holds."""

    def attach(self, mass: float) -> None:
        """Add a mass in kg to the TCP's link."""


def compute_inertia(model: ArmModel, joints: int) -> Vector:
    """Return the joint-space inertia [n, n] in kg m^2, a column for each unit acceleration."""
    weight = model.compute_torques(np.zeros(joints))
    return np.stack([model.compute_torques(row) - weight for row in np.eye(joints)], axis=1)


def compute_forward(model: ArmModel, joints: Vector) -> tuple[Vector, Vector, Vector]:
    """Place the arm; return position [3], quaternion [4] and Jacobian [6, n] of the TCP there."""
    model.place(joints)
    return *model.read_tcp(), model.compute_jacobian()
