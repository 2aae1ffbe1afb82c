"""A robot's model in a PyBullet client: its state, kinematics and dynamics as arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ParameterError

from ...robot import Robot
from .client import load_urdf

Vector = NDArray[np.float64]

LOCKED = 1000.0  # N or N m that hold the joints that are not the arm's, such as fingers


class JointStates(NamedTuple):
    """Positions of all movable joints; positions [n] in rad and velocities [n] of the arm's."""

    positions: list[float]
    joints: Vector
    velocities: Vector


class Body:
    """The n arm joints and the TCP of a robot, free of Bullet's motors and damping.

    Where a method takes ``positions``, it wants those of all movable joints, as `states`
    gives them: Bullet's kinematics count fingers too.

    Parameters
    ----------
    client : from `bullet.connect`.
    robot : to load into it, base at the world's origin.
    visible : whether it is to be looked at.

    Raises
    ------
    ParameterError
        If the URDF is missing or lacks a joint or link of the robot.
    """

    def __init__(self, client: Any, robot: Robot, visible: bool = False) -> None:
        self._client, self._robot = client, robot
        self._id = load_urdf(client, robot.urdf, visible)
        infos = [client.getJointInfo(self._id, i) for i in range(client.getNumJoints(self._id))]
        joints = {info[1].decode(): info[0] for info in infos if info[2] != client.JOINT_FIXED}
        links = {info[12].decode(): info[0] for info in infos}
        self._movable = list(joints.values())
        self._joints = [self._index("movable joint", name, joints) for name in robot.arm_joints]
        self._link = self._index("link", robot.tcp_link, links)
        self._rows = [self._movable.index(joint) for joint in self._joints]
        self._block = np.ix_(self._rows, self._rows)
        self._zeros = [0.0] * len(self._movable)
        for joint in self._movable:
            force = 0.0 if joint in self._joints else LOCKED
            client.setJointMotorControl2(self._id, joint, client.VELOCITY_CONTROL, force=force)
        for link in range(-1, len(infos)):
            client.changeDynamics(self._id, link, linearDamping=0, angularDamping=0, jointDamping=0)
        # Where Bullet's Jacobian wants the TCP: from the link's centre of mass, in its frame.
        dynamics = client.getDynamicsInfo(self._id, self._link)
        self._point = client.invertTransform(dynamics[3], dynamics[4])[0]
        self._clamp: int | None = None
        # The client looks each function up anew; the ones called in every step are kept.
        self._joint_states = client.getJointStates
        self._link_state = client.getLinkState
        self._drive = client.setJointMotorControlArray
        self._jacobian = client.calculateJacobian
        self._inverse_dynamics = client.calculateInverseDynamics

    def place(self, joints: Vector) -> None:
        """Put the arm at joint positions [n] in rad, at rest."""
        for joint, position in zip(self._joints, joints, strict=True):
            self._client.resetJointState(self._id, joint, position)

    def states(self) -> JointStates:
        """Where all joints are and how fast they move."""
        states = self._joint_states(self._id, self._movable)
        arm = [states[row] for row in self._rows]
        return JointStates(
            [state[0] for state in states],
            np.array([state[0] for state in arm]),
            np.array([state[1] for state in arm]),
        )

    def velocities(self) -> Vector:
        """Velocities [n] of the arm's joints in rad/s."""
        return np.array([s[1] for s in self._joint_states(self._id, self._joints)])

    def tcp(self) -> tuple[Vector, Vector]:
        """Position [3] in m and quaternion [4] x y z w of the TCP."""
        state = self._link_state(self._id, self._link, computeForwardKinematics=1)
        return np.array(state[4]), np.array(state[5])

    def forward(self, joints: Vector) -> tuple[Vector, Vector, Vector]:
        """Place the arm; position, quaternion and Jacobian there."""
        self.place(joints)
        return *self.tcp(), self.jacobian(self.states().positions)

    def jacobian(self, positions: list[float]) -> Vector:
        """Geometric Jacobian [6, n] at the TCP, linear above angular, base frame."""
        linear, angular = self._jacobian(
            self._id, self._link, self._point, positions, self._zeros, self._zeros
        )
        return np.array(linear + angular)[:, self._rows]

    def torques(self, positions: list[float], accelerations: Vector) -> Vector:
        """Torques [n] in N m that carry the arm's weight and accelerate it [n], from rest."""
        wanted = self._zeros.copy()
        for row, acceleration in zip(self._rows, accelerations.tolist(), strict=True):
            wanted[row] = acceleration
        torques = self._inverse_dynamics(self._id, positions, self._zeros, wanted)
        return np.array(torques)[self._rows]

    def inertia(self, positions: list[float]) -> Vector:
        """Joint-space inertia [n, n] in kg m^2."""
        return np.array(self._client.calculateMassMatrix(self._id, positions))[self._block]

    def drive(self, torques: Vector) -> None:
        """Apply motor torques [n] in N m in the next step."""
        self._drive(self._id, self._joints, self._client.TORQUE_CONTROL, forces=torques.tolist())

    def push(self, force: Vector) -> None:
        """Apply a force [3] in N to the TCP's origin in the next step."""
        self._client.applyExternalForce(
            self._id, self._link, force, self.tcp()[0], self._client.WORLD_FRAME
        )

    def clamp(self) -> None:
        """Fix the TCP's position where it is, as a hand that holds it; it may turn."""
        if self._clamp is None:
            client = self._client
            self._clamp = client.createConstraint(
                self._id,
                self._link,
                -1,
                -1,
                client.JOINT_POINT2POINT,
                [0.0, 0.0, 0.0],
                self._point,
                self.tcp()[0].tolist(),
            )

    def release(self) -> None:
        """Let go of what `clamp` holds."""
        if self._clamp is not None:
            self._client.removeConstraint(self._clamp)
            self._clamp = None

    def attach(self, mass: float) -> None:
        """Add a mass in kg to the TCP's link, unknown to `torques` and `inertia`.

        Both are computed from the model as it was when they were first asked for.
        """
        self.torques(self.states().positions, np.zeros(len(self._rows)))
        dynamics = self._client.getDynamicsInfo(self._id, self._link)
        self._client.changeDynamics(self._id, self._link, mass=dynamics[0] + mass)

    def _index(self, kind: str, name: str, known: dict[str, int]) -> int:
        if name not in known:
            raise ParameterError(
                f"the URDF of the {self._robot.name} has no such {kind}",
                got=name,
                expected=f"one of {', '.join(known)}",
            )
        return known[name]
