"""Velocity kinematics of an arm, as pure functions of its Jacobian and limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from elcd_policy.errors import ParameterError
from elcd_policy.robot.damped_least_squares import damped_inverse
from elcd_policy.robot.orientation import rotation_vector

from ..robot import Robot

Vector = NDArray[np.float64]
Forward = Callable[[Vector], tuple[Vector, Vector, Vector]]
"""Joints [n] to position [3], quaternion [4] xyzw and geometric Jacobian [6, n] of the TCP."""

HOME_GAIN = 1.0  # 1/s, of the null-space motion towards home
LIMIT_GAIN = 10.0  # 1/s, a joint nears its limit no faster than this times the distance
POSITION_TOLERANCE = 1e-5  # m, of the inverse kinematics
ROTATION_TOLERANCE = 1e-4  # rad


def joint_velocity(robot: Robot, jacobian: Vector, joints: Vector, twist: Vector) -> Vector:
    """Return joint velocities [n] in rad/s that give the TCP a twist, within the robot's limits.

    Damped least squares (`damped_inverse`), plus ``N dq0`` where N projects onto the exact null
    space and dq0 leads home and out of the joint limits' margins. One factor scales all joints
    into their limits, which keeps the direction of the motion. Of Jacobian and twist, only the
    rows count that the robot can control.

    Parameters
    ----------
    robot : whose home and limits count.
    jacobian : [6, n], linear above angular, at the TCP, base frame.
    joints : [n] in rad.
    twist : [6] in m/s and rad/s.
    """
    rows = robot.controlled_rows
    lower, upper = robot.inner_range
    inner = np.minimum(np.maximum(joints, lower), upper)
    outward = HOME_GAIN * (robot.home - joints) + LIMIT_GAIN * (inner - joints)
    return scale_into_limits(robot, joints, _resolve(jacobian[rows], twist[rows], outward))


def scale_into_limits(robot: Robot, joints: Vector, velocity: Vector) -> Vector:
    """Scale joint velocities [n] in rad/s by one factor so that no joint exceeds its limits."""
    room = np.where(velocity > 0, robot.position_upper - joints, joints - robot.position_lower)
    bound = np.minimum(robot.velocity_limits, LIMIT_GAIN * np.maximum(room, 0.0))
    speed = np.abs(velocity)
    excess = speed > bound
    return velocity * (bound[excess] / speed[excess]).min() if excess.any() else velocity


def solve_pose(
    robot: Robot, forward: Forward, position: Vector, quaternion: Vector, start: Vector
) -> Vector:
    """Solve for joints [n] in rad that bring the TCP to a pose, near home and within limits.

    Newton's method on the damped inverse.

    Raises
    ------
    ParameterError
        If no such joints are found.
    """
    joints, rows = start.copy(), robot.controlled_rows
    turning = np.isin(range(3, 6), robot.controlled)
    for _ in range(300):
        here, orientation, jacobian = forward(joints)
        rotation = np.where(turning, rotation_vector(quaternion, orientation), 0.0)
        offset = np.concatenate([position - here, rotation])
        distance, angle = float(np.linalg.norm(offset[:3])), float(np.linalg.norm(offset[3:]))
        if distance < POSITION_TOLERANCE and angle < ROTATION_TOLERANCE:
            return joints
        offset *= min(1.0, 0.1 / max(distance, 1e-9), 0.3 / max(angle, 1e-9))
        step = _resolve(jacobian[rows], offset[rows], 0.05 * (robot.home - joints))
        joints = np.clip(joints + step, robot.position_lower, robot.position_upper)
    raise ParameterError(
        f"the {robot.name} can't reach the pose",
        got=f"position {np.round(position, 3).tolist()} m with the TCP oriented as "
        f"{np.round(quaternion, 3).tolist()} (x y z w), missed by {1000 * distance:.1f} mm "
        f"and {angle:.2f} rad",
        expected="a pose within reach and joint limits",
    )


def _resolve(jacobian: Vector, task: Vector, idle: Vector) -> Vector:
    """Return the joint motion [n] that does the task [m], damped, and idles in the null space."""
    inverse, null_space, _ = damped_inverse(jacobian)
    return inverse @ task + null_space @ idle
