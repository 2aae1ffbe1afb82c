"""A torque-driven arm that follows velocity commands to its TCP or its joints."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elcd_policy.errors import ParameterError

from ..robot import Robot
from .arm_model import compute_forward
from .engines import AUTO, choose_engine, open_model
from .inverse_kinematics import joint_velocity, scale_into_limits, solve_pose
from .servo import VelocityServo

Vector = NDArray[np.float64]


class Arm(AbstractContextManager["Arm"]):
    """One robot arm in a physics of its own; use it in a ``with`` block.

    Torques (`VelocityServo`) make the joints follow the joint velocities of the commanded twist
    (`kinematics.joint_velocity`). Their feedforward knows nothing of the measured motion:
    commands are followed closely, and yet a push really moves the arm. Everything is expressed in
    the robot's base frame, which is the world's.

    The same calls give the same numbers bit for bit.

    Parameters
    ----------
    robot : the arm, see `load_robot`.
    gui : open the engine's window.
    timestep : of the physics, s.
    engine : "pybullet", "mujoco", or "auto": PyBullet where it is installed.

    Raises
    ------
    MissingExtraError
        If the engine is not installed.
    ParameterError
        If the timestep is not positive, the damping is too strong for it, or the URDF lacks a
        joint or link of the robot.
    """

    def __init__(
        self,
        robot: Robot,
        gui: bool = False,
        timestep: float = 1 / 1000,
        engine: str = AUTO,
    ) -> None:
        if not (np.isfinite(timestep) and timestep > 0):
            raise ParameterError(
                "the physics timestep is out of range", got=timestep, expected="above 0 s"
            )
        self.robot, self.gui, self.timestep = robot, gui, float(timestep)
        self.engine = choose_engine(engine)
        self._command, self._force = np.zeros(6), np.zeros(3)
        self._joint_command: Vector | None = None
        self._steps, self._touched = 0, False
        self._seen: tuple[Vector, Vector, Vector] | None = None
        self._home_quaternion = self._quaternion = np.array([0.0, 0.0, 0.0, 1.0])
        self._model = open_model(self.engine, robot, self.timestep, gui)
        try:
            self.reset()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the physics; the arm can't be used any more."""
        self._model.close()

    def reset(self, joint_positions: ArrayLike | None = None) -> None:
        """Rebuild the simulation: time 0, the arm at rest and holding, no force.

        Parameters
        ----------
        joint_positions : [n] in rad; home if not given.

        Raises
        ------
        ParameterError
            If a joint is outside its limits; nothing changes then.
        """
        robot = self.robot
        joints = robot.home
        if joint_positions is not None:
            joints = self._check("set of joint positions", joint_positions, len(robot.home))
            if not ((robot.position_lower <= joints) & (joints <= robot.position_upper)).all():
                raise ParameterError(
                    f"joint positions of the {robot.name} are outside its limits",
                    got=joints.tolist(),
                    expected=f"{robot.position_lower.tolist()} to {robot.position_upper.tolist()}",
                )
        if self._touched:
            self._model.rebuild()
            self._touched = False
        self._home_quaternion = compute_forward(self._model, robot.home)[1]
        self._servo = VelocityServo(robot, self._model, self.timestep)
        self._start(joints)

    def move_to(self, position: ArrayLike, quaternion: ArrayLike | None = None) -> None:
        """Rebuild the simulation as `reset` does, with the TCP within 0.01 mm of a pose.

        Parameters
        ----------
        position : [3] in m.
        quaternion : [4] x y z w; the orientation at home if not given.

        Raises
        ------
        ParameterError
            If the pose can't be reached; the arm is then at home.
        """
        target = self._check("position", position, 3)
        orientation = self._home_quaternion
        if quaternion is not None:
            orientation = self._check("quaternion", quaternion, 4)
            if abs(np.linalg.norm(orientation) - 1) > 1e-3:
                raise ParameterError(
                    "a quaternion for the arm is refused",
                    got=orientation.tolist(),
                    expected="norm 1 (x y z w)",
                )
        self.reset()
        try:
            forward = partial(compute_forward, self._model)
            joints = solve_pose(self.robot, forward, target, orientation, self.robot.home)
        except ParameterError:
            self._start(self.robot.home)
            raise
        self._start(joints)

    def command_twist(self, linear: ArrayLike, angular: ArrayLike = (0.0, 0.0, 0.0)) -> None:
        """Move the TCP with this velocity from the next step on, until told otherwise.

        Parameters
        ----------
        linear : [3] in m/s, of the TCP's origin.
        angular : [3] in rad/s.

        Raises
        ------
        ParameterError
            If a value is not finite; the last command stays.
        """
        parts = [self._check("linear velocity", linear, 3)]
        parts.append(self._check("angular velocity", angular, 3))
        self._command, self._joint_command = np.concatenate(parts), None
        self._countdown = 0

    def command_joints(self, velocities: ArrayLike) -> None:
        """Move the joints with these velocities from the next step on, until told otherwise.

        Parameters
        ----------
        velocities : [n] in rad/s; one factor brings them within the limits.

        Raises
        ------
        ParameterError
            If a value is not finite; the last command stays.
        """
        size = len(self.robot.home)
        self._joint_command = self._check("set of joint velocities", velocities, size)
        self._command = self._present()[2] @ self._joint_command
        self._countdown = 0

    def hold(self) -> None:
        """Stop, and keep all joints at rest.

        The arm is controlled by velocity: it resists a push by damping alone, and stays
        where the push has left it.
        """
        self._command, self._joint_command = np.zeros(6), np.zeros(len(self.robot.home))
        self._countdown = 0

    def apply_force(self, force: ArrayLike) -> None:
        """Push the TCP's origin with this force in all coming steps; zeros end the push.

        Parameters
        ----------
        force : [3] in N.

        Raises
        ------
        ParameterError
            If a value is not finite.
        """
        self._force = self._check("force", force, 3)
        self._pushed = bool(self._force.any())

    def clamp(self) -> None:
        """Hold the TCP's position fast, until `release` or a reset."""
        self._touched = True
        self._model.clamp()

    def release(self) -> None:
        """Let go of the TCP."""
        self._model.release()

    def attach(self, mass: float) -> None:
        """Fix a mass in kg to the TCP's link until a reset; the arm's control ignores it.

        Raises
        ------
        ParameterError
            If it is not a positive number.
        """
        if not (np.isfinite(mass) and mass > 0):
            raise ParameterError("a payload is out of range", got=mass, expected="above 0 kg")
        self._touched = True
        self._model.attach(mass)

    def step(self, n: int = 1) -> None:
        """Advance the physics by n timesteps."""
        self._touched = True
        while n > 0:
            if self._countdown == 0:
                self._update_command()
                self._countdown = self._servo.update_every
            alike = min(n, self._countdown)
            self._advance(alike)
            self._countdown -= alike
            n -= alike

    @property
    def time(self) -> float:
        """Simulated time since the last reset, s."""
        return self._steps * self.timestep

    @property
    def command(self) -> Vector:
        """Commanded twist [6], m/s and rad/s; of joint velocities the one that they gave."""
        return self._command.copy()

    @property
    def force(self) -> Vector:
        """Force [3] on the TCP in the coming steps, N."""
        return self._force.copy()

    @property
    def joint_positions(self) -> Vector:
        """[n], rad."""
        return self._present()[0].copy()

    @property
    def joint_velocities(self) -> Vector:
        """[n], rad/s."""
        return self._present()[1].copy()

    @property
    def joint_torques(self) -> Vector:
        """[n], N m: what the motors applied in the last step."""
        return self._torques.copy()

    def pose(self) -> tuple[Vector, Vector]:
        """Return position [3] in m and quaternion [4] x y z w of the TCP.

        Of the two quaternions of an orientation it is the one nearer to the last one given.
        """
        position, quaternion = self._model.read_tcp()
        if quaternion @ self._quaternion < 0:
            quaternion = -quaternion
        self._quaternion = quaternion
        return position, quaternion.copy()

    def twist(self) -> Vector:
        """Return the velocity [6] of the TCP: linear of its origin in m/s, angular in rad/s."""
        _, velocities, jacobian = self._present()
        return jacobian @ velocities

    def _present(self) -> tuple[Vector, Vector, Vector]:
        """Return joint positions, velocities and Jacobian, computed once between physics steps."""
        if self._seen is None:
            self._seen = *self._model.read_joints(), self._model.compute_jacobian()
        return self._seen

    def _advance(self, n: int) -> None:
        """Take n steps between two updates of the command."""
        model, servo = self._model, self._servo
        for _ in range(n):
            self._torques = servo.compute_torques(model.read_velocities())
            model.drive(self._torques)
            if self._pushed:
                model.push(self._force)
            model.step()
        self._steps += n
        self._seen = None

    def _update_command(self) -> None:
        joints, _, jacobian = self._present()
        if self._joint_command is None:
            target = joint_velocity(self.robot, jacobian, joints, self._command)
        else:
            target = scale_into_limits(self.robot, joints, self._joint_command)
        self._servo.aim(target)

    def _start(self, joints: Vector) -> None:
        self._model.place(joints)
        self._seen = None
        self._quaternion = self._home_quaternion
        self._servo.rest()
        self._torques = np.zeros(len(joints))
        self._force, self._pushed = np.zeros(3), False
        self._steps = 0
        self.hold()

    @staticmethod
    def _check(what: str, values: ArrayLike, size: int) -> Vector:
        vector = np.array(values, dtype=np.float64)
        if vector.shape != (size,) or not np.isfinite(vector).all():
            raise ParameterError(
                f"a {what} for the arm is refused",
                got=vector.tolist(),
                expected=f"{size} finite numbers",
            )
        return vector
