"""Torques by which an arm's joints follow commanded velocities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ParameterError

from ..robot import Robot
from .arm_model import ArmModel, compute_inertia

Vector = NDArray[np.float64]

STIFFEST = 1.5  # largest eigenvalue of M^-1 D times the timestep; the physics diverges from 2 on
COMMAND_PERIOD = 0.005  # s, between updates of the joint velocities from the commanded twist
COMMAND_LAG = 0.015  # s, of a first order; without it a stepped command asks for endless torque


class VelocityServo:
    """The control law of `Arm`, from rest.

    ``tau = g(q) + M(q) ddq_ref + D (dq_ref - dq)``, clipped to the torque limits: gravity
    compensation, inertia feedforward and a damping gain on the velocity error. dq_ref follows the
    commanded joint velocities with a lag of `COMMAND_LAG`.

    Parameters
    ----------
    robot : with damping D and torque limits.
    model : of it, where it is.
    timestep : of the physics, s.

    Raises
    ------
    ParameterError
        If the damping is too strong for the timestep.
    """

    def __init__(self, robot: Robot, model: ArmModel, timestep: float) -> None:
        self._model, self._timestep = model, timestep
        self._damping, self._highest = robot.damping, robot.torque_limits
        self._lowest = -robot.torque_limits
        #: Timesteps from one `aim` to the next.
        self.update_every = max(1, round(COMMAND_PERIOD / timestep))
        period = self.update_every * timestep
        self._gain = float(1 - np.exp(-period / COMMAND_LAG)) / period
        self.rest()
        # Explicit Euler steps of M dv/dt = -D v grow without bound from 2 on.
        inertia = compute_inertia(model, len(robot.home))
        decay = np.linalg.solve(inertia, np.diag(robot.damping)) * timestep
        largest = float(np.abs(np.linalg.eigvals(decay)).max())
        if largest > STIFFEST:
            raise ParameterError(
                f"the damping of the {robot.name} is too strong for the physics timestep",
                got=f"a joint velocity that changes by {largest:.2f} times itself in a step",
                expected=f"at most {STIFFEST}",
                advice="shorten the timestep or lower the damping of the lightest joints",
            )

    def rest(self) -> None:
        """Start over, with all joints at rest."""
        self._reference = np.zeros(len(self._damping))
        self._increment = self._feedforward = self._reference

    def aim(self, velocities: Vector) -> None:
        """Head for joint velocities [n] in rad/s, from where the joints are."""
        acceleration = self._gain * (velocities - self._reference)
        self._increment = self._timestep * acceleration
        self._feedforward = self._model.compute_torques(acceleration)

    def compute_torques(self, velocities: Vector) -> Vector:
        """Return torques [n] in N m for the next step, at measured velocities [n] in rad/s."""
        self._reference = self._reference + self._increment
        torques = self._feedforward + self._damping * (self._reference - velocities)
        return np.minimum(np.maximum(torques, self._lowest), self._highest)
