"""An arm's kinematics and limits from its URDF, through Pinocchio.

Joints are known by their names only: positions and velocities [n] are in the order of
`ArmKinematics.joints`, whatever the order in the URDF or in a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import MissingExtraError, ParameterError
from elcd_policy.robot.damped_least_squares import DAMPED_BELOW, damped_inverse
from elcd_policy.robot.joint_safety import JointLimits

Array = NDArray[np.float64]

LIMIT_MARGIN = 0.1
"""Share of a joint's range, at each end, that the redundancy moves out of."""

CENTERING_RATE = 4.0  # 1/s, of that motion


class ArmKinematics:
    """The n joints between a base frame and the tool centre point (TCP).

    Parameters
    ----------
    urdf : the text of the robot's URDF.
    base_frame : link in which poses and twists are expressed.
    tcp_frame : link whose origin is the TCP.
    joints : the movable joints between the two, in the wanted order; that of the URDF if
        not given.

    Raises
    ------
    MissingExtraError
        If Pinocchio is not installed.
    ParameterError
        If the URDF can't be read, or lacks a link, a joint or its limits.
    """

    def __init__(
        self, urdf: str, base_frame: str, tcp_frame: str, joints: Sequence[str] = ()
    ) -> None:
        try:
            import pinocchio
        except ImportError as error:
            raise MissingExtraError(
                "pinocchio", "kinematics", "for joint states and joint velocities"
            ) from error
        self._pin: Any = pinocchio
        self._accelerations = _acceleration_limits(urdf)
        try:
            whole = pinocchio.buildModelFromXML(urdf)
        except (ValueError, RuntimeError) as error:
            raise ParameterError("the URDF can't be used", got=" ".join(str(error).split())) from (
                error
            )
        for name in (base_frame, tcp_frame):
            if not whole.existBodyName(name):
                links = [frame.name for frame in whole.frames if frame.type == frame.type.BODY]
                raise ParameterError(
                    "the URDF has no such link", got=repr(name), expected=", ".join(links)
                )
        chain = _chain(whole, base_frame, tcp_frame)
        self.joints = tuple(joints) or chain
        """Names, in the order of all joint vectors."""
        if sorted(self.joints) != sorted(chain):
            raise ParameterError(
                f"the joints are not those that move {tcp_frame} relative to {base_frame}",
                got=", ".join(self.joints),
                expected=", ".join(chain),
            )
        locked = [i for i in range(1, whole.njoints) if whole.names[i] not in chain]
        model = pinocchio.buildReducedModel(whole, locked, pinocchio.neutral(whole))
        self._model, self._data = model, model.createData()
        self._neutral = pinocchio.neutral(model)
        self._tcp = model.getBodyId(tcp_frame)
        base = model.frames[model.getBodyId(base_frame)].placement
        self._from_world = base.inverse()
        moving = [model.joints[model.getJointId(name)] for name in self.joints]
        self._columns = np.array([joint.idx_v for joint in moving])
        self.lower, self.upper = np.full(len(chain), -np.inf), np.full(len(chain), np.inf)
        for i, joint in enumerate(moving):
            if joint.nq == 1:  # a joint that turns on and on has two, cosine and sine
                self.lower[i] = model.lowerPositionLimit[joint.idx_q]
                self.upper[i] = model.upperPositionLimit[joint.idx_q]

    @property
    def speed_limits(self) -> Array:
        """[n] in rad/s, as the URDF states them."""
        return np.asarray(self._model.velocityLimit[self._columns])

    def limits(self, speed: float, acceleration: float, state_timeout: float) -> JointLimits:
        """Return the URDF's limits, and none above those given for all joints.

        Parameters
        ----------
        speed : rad/s.
        acceleration : rad/s^2; few URDFs state one.
        state_timeout : s, see `JointLimits`.
        """
        accelerations = [self._accelerations.get(name, np.inf) for name in self.joints]
        return JointLimits(
            self.joints,
            self.lower,
            self.upper,
            np.minimum(self.speed_limits, speed),
            np.minimum(accelerations, acceleration),
            state_timeout,
        )

    def pose(self, positions: Array) -> tuple[Array, Array]:
        """Return position [3] in m and quaternion [4] x y z w of the TCP, base frame."""
        self._pin.forwardKinematics(self._model, self._data, self._configuration(positions))
        placement = self._pin.updateFramePlacement(self._model, self._data, self._tcp)
        tcp = self._from_world * placement
        return tcp.translation.copy(), self._pin.Quaternion(tcp.rotation).coeffs().copy()

    def jacobian(self, positions: Array) -> Array:
        """Return the geometric Jacobian [6, n] of the TCP, linear above angular, base frame."""
        jacobian = self._pin.computeFrameJacobian(
            self._model,
            self._data,
            self._configuration(positions),
            self._tcp,
            self._pin.ReferenceFrame.LOCAL_WORLD_ALIGNED,
        )[:, self._columns]
        turn = self._from_world.rotation
        return np.vstack([turn @ jacobian[:3], turn @ jacobian[3:]])

    def manipulability(self, positions: Array) -> float:
        """Return ``sqrt(det(J J^T))``, 0 at a singularity [1]_.

        References
        ----------
        .. [1] T. Yoshikawa, "Manipulability of robotic mechanisms", Int. J. Robotics
           Research 4 (2), 1985.
        """
        return float(np.prod(np.linalg.svd(self.jacobian(positions), compute_uv=False)))

    def smallest_singular_value(self, positions: Array) -> float:
        """Return that of the Jacobian; below `DAMPED_BELOW` the TCP no longer follows exactly."""
        return float(np.linalg.svd(self.jacobian(positions), compute_uv=False)[-1])

    def joint_velocity(self, jacobian: Array, positions: Array, twist: Array, room: Any) -> Array:
        """Return joint velocities [n] in rad/s that give the TCP a twist.

        Damped least squares, damped only where singular values are small [1]_. A joint that
        would run into its limit keeps what it may do there, and the others take over [2]_, as
        long as they can do so exactly. Redundancy leads out of the limits' margins, never
        faster than the task moves the joints: an arm without a command is at rest.

        Parameters
        ----------
        jacobian : [6, n] at the positions.
        positions : [n] in rad.
        twist : [6] in m/s and rad/s, base frame.
        room : lowest [n] and highest [n] velocity of each joint, see
            `elcd_policy.robot.joint_safety.room_to_move`.

        References
        ----------
        .. [1] Y. Nakamura, H. Hanafusa, "Inverse kinematic solutions with singularity
           robustness for robot manipulator control", J. Dyn. Sys. Meas. Control 108, 1986.
        .. [2] F. Flacco, A. De Luca, O. Khatib, "Motion control of redundant robots under
           joint constraints: saturation in the null space", ICRA 2012.
        """
        inverse, null, _ = damped_inverse(jacobian)
        task = inverse @ twist
        outward = CENTERING_RATE * null @ (self._inner(positions) - positions)
        size, most = float(np.linalg.norm(outward)), float(np.linalg.norm(task))
        velocity = task + outward * min(1.0, most / max(size, 1e-12))
        lowest, highest = room
        free = np.ones(len(positions), dtype=bool)
        for _ in range(len(positions) - len(twist)):
            allowed = np.clip(velocity, lowest, highest)
            stuck = free & (allowed != velocity)
            if not stuck.any():
                break
            free &= ~stuck
            inverse, _, smallest = damped_inverse(jacobian[:, free])
            if free.sum() < len(twist) or smallest < DAMPED_BELOW:
                break
            velocity = np.where(free, 0.0, allowed)
            velocity[free] = inverse @ (twist - jacobian @ velocity)
        return velocity

    def _configuration(self, positions: Array) -> Array:
        ordered = np.zeros(self._model.nv)
        ordered[self._columns] = positions
        return np.asarray(self._pin.integrate(self._model, self._neutral, ordered))

    def _inner(self, positions: Array) -> Array:
        """Return the nearest positions [n] outside the limits' margins."""
        limited = np.isfinite(self.upper - self.lower)
        margin = LIMIT_MARGIN * np.where(limited, self.upper - self.lower, 0.0)
        return np.clip(positions, self.lower + margin, self.upper - margin)


def _chain(model: Any, base_frame: str, tcp_frame: str) -> tuple[str, ...]:
    """Return the names of the joints from a link to another one further out."""
    base = model.frames[model.getBodyId(base_frame)].parentJoint
    joint = model.frames[model.getBodyId(tcp_frame)].parentJoint
    chain = []
    while joint not in (base, 0):
        if model.joints[joint].nv != 1:
            raise ParameterError(
                f"the joint {model.names[joint]} has no single axis",
                got=model.joints[joint].shortname(),
                expected="revolute, continuous or prismatic",
            )
        chain.append(model.names[joint])
        joint = model.parents[joint]
    if joint != base or not chain:
        raise ParameterError(
            f"no joint moves {tcp_frame} relative to {base_frame}",
            expected="a base_frame below the arm's first joint, a tcp_frame beyond its last",
        )
    return tuple(reversed(chain))


def _acceleration_limits(urdf: str) -> dict[str, float]:
    """Return the limits in rad/s^2 of the joints that state one (URDF 1.2)."""
    try:
        root = ElementTree.fromstring(urdf)
    except ElementTree.ParseError as error:
        raise ParameterError("the URDF is not XML", got=str(error)) from error
    found = {}
    for joint in root.iter("joint"):
        limit = joint.find("limit")
        if limit is not None and "acceleration" in limit.attrib:
            found[joint.get("name", "")] = float(limit.attrib["acceleration"])
    return found
