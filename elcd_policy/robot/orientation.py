"""Orientations as coordinates: rotation vectors from a reference orientation.

A pose has six coordinates: its position, then ``r = log(R R_ref^-1)``, the rotation vector in
the base frame (rad) that turns the reference R_ref into R, so ``R = exp(r) R_ref``. The
reference is the goal's orientation, hence the goal is at ``r = 0``. The angular velocity in
the base frame is ``omega = J_l(r) r_dot``, with J_l the left Jacobian of SO(3) (Sola et al. 2018,
arXiv 1812.01537, eq. 145, 146).

At ``|r| = pi`` the vector jumps: no smooth field contracts on all of SO(3), which is why
orientations are used up to pi minus a margin from the reference, and refused beyond.
Quaternions are x y z w; q and -q are the same orientation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from ..errors import ParameterError, ShapeError

Array = NDArray[np.float64]

#: Coordinates of a pose.
POSE_DIMENSION = 6
#: rad, how far from a half turn orientations stay.
MARGIN = 0.2
#: Below this angle in rad the Jacobians' coefficients are taken from their series.
SMALL = 1e-3


def to_coordinates(position: ArrayLike, quaternion: ArrayLike, reference: ArrayLike) -> Array:
    """Coordinates [..., 6] of poses: positions [..., 3] and quaternions [..., 4] of norm 1.

    Parameters
    ----------
    reference : [4], the orientation at ``r = 0``.
    """
    turn = _rotations(quaternion) * _rotations(reference).inv()
    return np.concatenate([np.asarray(position, dtype=np.float64), turn.as_rotvec()], axis=-1)


def to_pose(coordinates: ArrayLike, reference: ArrayLike) -> tuple[Array, Array]:
    """Return positions [..., 3] and quaternions [..., 4] of coordinates [..., 6].

    Quaternions change sign nowhere along a continuous motion.
    """
    coordinates = np.array(coordinates, dtype=np.float64)
    turn = Rotation.from_rotvec(coordinates[..., 3:]) * _rotations(reference)
    return coordinates[..., :3], turn.as_quat()


def median_orientation(quaternions: ArrayLike) -> Array:
    """Return the orientation [4] from which the rotation vectors of [n, 4] have the median zero.

    The median is that of each coordinate: an orientation that strays does not move it, and of
    two it is the geodesic mean. Found by iterating ``R <- exp(0.7 median_i log(R_i R^-1)) R``
    from the chordal mean; exact while all lie within about 30 degrees of it.
    """
    turns = _rotations(np.atleast_2d(quaternions))
    middle = turns.mean()
    for _ in range(100):
        step = np.median((turns * middle.inv()).as_rotvec(), axis=0)
        # Full steps may run in a circle of three: rotations do not commute.
        middle = Rotation.from_rotvec(0.7 * step) * middle
        if np.abs(step).max() < 1e-15:
            break
    return unit_quaternion(middle.as_quat())


def left_jacobian(r: ArrayLike) -> Array:
    """``J_l(r)`` [3, 3] of a rotation vector [3]: ``omega = J_l(r) r_dot``, both in rad/s."""
    r, angle = _vector(r)
    if angle < SMALL:
        b, c = 0.5 - angle**2 / 24, 1 / 6 - angle**2 / 120
    else:
        b, c = (1 - np.cos(angle)) / angle**2, (angle - np.sin(angle)) / angle**3
    return _combine(r, 1 - c * angle**2, b, c)


def left_jacobian_inverse(r: ArrayLike) -> Array:
    """``J_l(r)^-1`` [3, 3] of a rotation vector [3], ``|r| < 2 pi``: ``r_dot = J_l^-1 omega``."""
    r, angle = _vector(r)
    if angle < SMALL:
        c = 1 / 12 + angle**2 / 720
    else:
        c = 1 / angle**2 - 0.5 / (angle * np.tan(angle / 2))
    return _combine(r, 1 - c * angle**2, -0.5, c)


def rotation_vector(target: ArrayLike, current: ArrayLike) -> Array:
    """Return the shortest rotation [3] in rad, in the base frame, that turns current into target.

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


def unit_quaternion(quaternion: ArrayLike) -> Array:
    """Return the quaternion [4] (x y z w) at norm 1.

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


def matrix_from_quaternion(quaternion: ArrayLike) -> Array:
    """Return the rotation matrix [3, 3] of a quaternion [4], x y z w, of any norm above 0.

    Raises
    ------
    ParameterError
        If it is not four finite numbers away from zero.
    """
    return np.asarray(Rotation.from_quat(unit_quaternion(quaternion)).as_matrix())


def quaternion_from_matrix(matrix: ArrayLike) -> Array:
    """Return the quaternion [4], x y z w, of a rotation matrix [3, 3], read-only ones too."""
    # A copy: scipy before 1.15 refuses read-only arrays.
    return np.asarray(Rotation.from_matrix(np.array(matrix, dtype=np.float64)).as_quat())


def angle_fault(angle: float, margin: float = MARGIN) -> str:
    """Return the fault of an orientation at ``angle`` rad from the reference; empty for none."""
    largest = np.pi - margin
    if angle <= largest:
        return ""
    return (
        f"got {np.degrees(angle):.1f} deg from the goal's orientation, expected at most "
        f"{np.degrees(largest):.1f} deg (a half turn less {margin:g} rad)"
    )


def _rotations(quaternions: ArrayLike) -> Rotation:
    # A copy: scipy refuses read-only arrays.
    return Rotation.from_quat(np.array(quaternions, dtype=np.float64))


def _vector(r: ArrayLike) -> tuple[Array, float]:
    r = np.asarray(r, dtype=np.float64)
    if r.shape != (3,):
        raise ShapeError("a rotation vector has another shape", got=list(r.shape), expected="[3]")
    return r, float(np.sqrt(r @ r))


def _combine(r: Array, a: float, b: float, c: float) -> Array:
    """``a I + b [r]x + c r r^T``."""
    x, y, z = r.tolist()
    return np.array(
        (
            (a + c * x * x, c * x * y - b * z, c * x * z + b * y),
            (c * x * y + b * z, a + c * y * y, c * y * z - b * x),
            (c * x * z - b * y, c * y * z + b * x, a + c * z * z),
        )
    )
