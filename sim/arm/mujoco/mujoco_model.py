"""A robot's arm in MuJoCo: see `ArmModel`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...robot import Robot
from ..display import check_display
from .library import load_mujoco
from .mujoco_urdf import compile_specification, read_specification

Vector = NDArray[np.float64]

CLAMP = "clamp"
#: Time constant in s and damping ratio of a clamp; MuJoCo's constraints are soft.
CLAMP_REFERENCE = [0.004, 1.0]
CLAMP_IMPEDANCE = [0.99, 0.9999, 0.001, 0.5, 2.0]
FRAME = 1 / 60  # s, between pictures of the window


class MujocoModel:
    """The arm in a simulation of its own.

    Kinematics and dynamics are computed in a second simulation that knows no payload, no clamp and
    no joint limits.

    Parameters
    ----------
    robot : to load, base at the world's origin.
    timestep : of the physics, s.
    gui : open MuJoCo's window.

    Raises
    ------
    MissingExtraError
        If MuJoCo is not installed.
    ParameterError
        If the URDF is missing or lacks a joint or link of the robot, or there is no display.
    """

    def __init__(self, robot: Robot, timestep: float, gui: bool = False) -> None:
        if gui:
            check_display()
        self._mujoco = mujoco = load_mujoco()
        specification = read_specification(robot, visible=gui)
        specification.option.timestep = timestep
        clamp = specification.add_equality(
            name=CLAMP,
            type=mujoco.mjtEq.mjEQ_CONNECT,
            objtype=mujoco.mjtObj.mjOBJ_BODY,
            name1=robot.tcp_link,
            active=False,
        )
        clamp.solref, clamp.solimp = CLAMP_REFERENCE, CLAMP_IMPEDANCE
        self._original = compile_specification(specification, robot.urdf)
        joints = [self._original.joint(name) for name in robot.arm_joints]
        self._columns = np.array([joint.dofadr[0] for joint in joints])
        self._positions = np.array([joint.qposadr[0] for joint in joints])
        self._link = self._original.body(robot.tcp_link).id
        self._control = copy.copy(self._original)
        self._control.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONSTRAINT)
        self._still = mujoco.MjData(self._control)
        self._angular, self._linear = (
            np.zeros((3, self._original.nv)),
            np.zeros((3, self._original.nv)),
        )
        self._model, self._data = copy.copy(self._original), mujoco.MjData(self._original)
        self._viewer: Any = None
        if gui:
            from mujoco import viewer

            self._viewer = viewer.launch_passive(self._model, self._data)
        self._shown = 0.0

    def rebuild(self) -> None:
        """See `ArmModel`."""
        self._model.body_mass[:] = self._original.body_mass
        self._set_constants()
        self._mujoco.mj_resetData(self._model, self._data)

    def close(self) -> None:
        """See `ArmModel`."""
        if self._viewer is not None:
            self._viewer.close()
            self._viewer = None

    def place(self, joints: Vector) -> None:
        """See `ArmModel`."""
        self._data.qpos[self._positions] = joints
        self._data.qvel[:] = 0.0
        self._data.qacc_warmstart[:] = 0.0

    def read_joints(self) -> tuple[Vector, Vector]:
        """See `ArmModel`."""
        return self._data.qpos[self._positions], self._data.qvel[self._columns]

    def read_velocities(self) -> Vector:
        """See `ArmModel`."""
        return self._data.qvel[self._columns]

    def read_tcp(self) -> tuple[Vector, Vector]:
        """See `ArmModel`."""
        self._follow()
        w, x, y, z = self._still.xquat[self._link]
        return self._still.xpos[self._link].copy(), np.array([x, y, z, w])

    def compute_jacobian(self) -> Vector:
        """See `ArmModel`."""
        self._follow()
        self._mujoco.mj_jacBody(self._control, self._still, self._linear, self._angular, self._link)
        return np.concatenate([self._linear, self._angular])[:, self._columns]

    def compute_torques(self, accelerations: Vector) -> Vector:
        """See `ArmModel`."""
        self._still.qpos[:] = self._data.qpos
        self._still.qacc[:] = 0.0
        self._still.qacc[self._columns] = accelerations
        self._mujoco.mj_inverse(self._control, self._still)
        return self._still.qfrc_inverse[self._columns]

    def drive(self, torques: Vector) -> None:
        """See `ArmModel`."""
        self._data.qfrc_applied[self._columns] = torques

    def push(self, force: Vector) -> None:
        """See `ArmModel`; MuJoCo applies a force at the link's centre of mass."""
        self._follow()
        offset = self._still.xpos[self._link] - self._still.xipos[self._link]
        self._data.xfrc_applied[self._link, :3] = force
        self._data.xfrc_applied[self._link, 3:] = np.cross(offset, force)

    def step(self) -> None:
        """See `ArmModel`."""
        self._mujoco.mj_step(self._model, self._data)
        self._data.xfrc_applied[self._link] = 0.0
        if self._viewer is not None and self._data.time - self._shown >= FRAME:
            self._shown = self._data.time
            self._viewer.sync()

    def clamp(self) -> None:
        """See `ArmModel`."""
        if not self._data.eq_active[0]:
            self._model.eq_data[0, :3] = 0.0
            self._model.eq_data[0, 3:6] = self.read_tcp()[0]
            self._data.eq_active[0] = 1

    def release(self) -> None:
        """See `ArmModel`."""
        self._data.eq_active[0] = 0

    def attach(self, mass: float) -> None:
        """See `ArmModel`."""
        self._model.body_mass[self._link] += mass
        self._set_constants()

    def _follow(self) -> None:
        """Bring the second simulation to where the joints are."""
        self._still.qpos[:] = self._data.qpos
        self._mujoco.mj_kinematics(self._control, self._still)
        self._mujoco.mj_comPos(self._control, self._still)

    def _set_constants(self) -> None:
        """Compute what depends on masses; it takes a simulation to write into."""
        self._mujoco.mj_setConst(self._model, self._mujoco.MjData(self._model))
