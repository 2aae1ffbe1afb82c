"""A robot's arm in PyBullet: see `ArmModel`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...robot import Robot
from ..arm_model import GRAVITY
from .bullet_urdf import load_arm
from .client import connect

Vector = NDArray[np.float64]


class BulletModel:
    """The arm in a physics client of its own.

    Parameters
    ----------
    robot : to load, base at the world's origin.
    timestep : of the physics, s.
    gui : open PyBullet's window.

    Raises
    ------
    MissingExtraError
        If PyBullet is not installed.
    ParameterError
        If the URDF is missing or lacks a joint or link of the robot.
    """

    def __init__(self, robot: Robot, timestep: float, gui: bool = False) -> None:
        self._robot, self._timestep, self._gui = robot, timestep, gui
        self._client: Any = None
        self.rebuild()

    def rebuild(self) -> None:
        """See `ArmModel`."""
        if self._client is not None and self._gui:
            self._client.resetSimulation()  # keeps the window
        else:
            self.close()
            self._client = connect(self._gui)
        client = self._client
        client.setGravity(0, 0, -GRAVITY)
        client.setPhysicsEngineParameter(
            fixedTimeStep=self._timestep,
            numSolverIterations=50,
            numSubSteps=1,
            deterministicOverlappingPairs=1,
        )
        self._body = body = load_arm(client, self._robot, visible=self._gui)
        infos = [client.getJointInfo(body, i) for i in range(client.getNumJoints(body))]
        numbers = {info[1].decode(): info[0] for info in infos}
        self._joints = [numbers[name] for name in self._robot.arm_joints]
        self._movable = sorted(self._joints)
        # Where Bullet's kinematics have the arm's joints: they count in its own order.
        self._order = [self._movable.index(joint) for joint in self._joints]
        self._link = next(i[0] for i in infos if i[12].decode() == self._robot.tcp_link)
        for joint in self._joints:
            client.setJointMotorControl2(body, joint, client.VELOCITY_CONTROL, force=0.0)
        for link in range(-1, client.getNumJoints(body)):
            client.changeDynamics(body, link, linearDamping=0, angularDamping=0, jointDamping=0)
        # The TCP from its link's centre of mass, in that frame, as Bullet's constraints want it.
        dynamics = client.getDynamicsInfo(body, self._link)
        self._point = client.invertTransform(dynamics[3], dynamics[4])[0]
        self._clamp: int | None = None
        self._zeros = [0.0] * len(self._joints)
        # The client looks each function up anew; the ones called in every step are kept.
        self._joint_states = client.getJointStates
        self._link_state = client.getLinkState
        self._drive = client.setJointMotorControlArray
        self._step = client.stepSimulation

    def close(self) -> None:
        """See `ArmModel`."""
        if self._client is not None:
            self._client.disconnect()
            self._client = None

    def place(self, joints: Vector) -> None:
        """See `ArmModel`."""
        for joint, position in zip(self._joints, joints, strict=True):
            self._client.resetJointState(self._body, joint, position)

    def read_joints(self) -> tuple[Vector, Vector]:
        """See `ArmModel`."""
        states = self._joint_states(self._body, self._joints)
        return np.array([state[0] for state in states]), np.array([state[1] for state in states])

    def read_velocities(self) -> Vector:
        """See `ArmModel`."""
        return np.array([state[1] for state in self._joint_states(self._body, self._joints)])

    def read_tcp(self) -> tuple[Vector, Vector]:
        """See `ArmModel`."""
        state = self._link_state(self._body, self._link, computeForwardKinematics=1)
        return np.array(state[4]), np.array(state[5])

    def compute_jacobian(self) -> Vector:
        """See `ArmModel`."""
        positions = self._positions()
        linear, angular = self._client.calculateJacobian(
            self._body, self._link, [0.0, 0.0, 0.0], positions, self._zeros, self._zeros
        )
        return np.array(linear + angular)[:, self._order]

    def compute_torques(self, accelerations: Vector) -> Vector:
        """See `ArmModel`."""
        wanted = self._zeros.copy()
        for row, acceleration in zip(self._order, accelerations.tolist(), strict=True):
            wanted[row] = acceleration
        torques = self._client.calculateInverseDynamics(
            self._body, self._positions(), self._zeros, wanted
        )
        return np.array(torques)[self._order]

    def drive(self, torques: Vector) -> None:
        """See `ArmModel`."""
        self._drive(self._body, self._joints, self._client.TORQUE_CONTROL, forces=torques.tolist())

    def push(self, force: Vector) -> None:
        """See `ArmModel`; Bullet forgets an external force after each step."""
        self._client.applyExternalForce(
            self._body, self._link, force, self.read_tcp()[0], self._client.WORLD_FRAME
        )

    def step(self) -> None:
        """See `ArmModel`."""
        self._step()

    def clamp(self) -> None:
        """See `ArmModel`."""
        if self._clamp is None:
            client = self._client
            self._clamp = client.createConstraint(
                self._body,
                self._link,
                -1,
                -1,
                client.JOINT_POINT2POINT,
                [0.0, 0.0, 0.0],
                self._point,
                self.read_tcp()[0].tolist(),
            )

    def release(self) -> None:
        """See `ArmModel`."""
        if self._clamp is not None:
            self._client.removeConstraint(self._clamp)
            self._clamp = None

    def attach(self, mass: float) -> None:
        """See `ArmModel`."""
        # Torques are computed from the model as it was when they were first asked for.
        self.compute_torques(np.zeros(len(self._joints)))
        own, _, inertia = self._client.getDynamicsInfo(self._body, self._link)[:3]
        # Without the inertia, Bullet would make one up from the link's shape.
        self._client.changeDynamics(
            self._body, self._link, mass=own + mass, localInertiaDiagonal=inertia
        )

    def _positions(self) -> list[float]:
        return [state[0] for state in self._joint_states(self._body, self._movable)]
