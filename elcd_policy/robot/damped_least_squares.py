"""The damped inverse of a Jacobian: bounded near singularities, exact elsewhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAMPED_BELOW = 0.05
"""Smallest singular value of a Jacobian (m and rad mixed) that is inverted exactly; with smaller
ones the inverse stays bounded by its reciprocal, and the TCP lags instead of the joints racing."""


class DampedInverse(NamedTuple):
    """Damped inverse [n, m], projector [n, n] onto the null space, smallest singular value."""

    inverse: Array
    null_space: Array
    smallest: float


def damped_inverse(jacobian: Array) -> DampedInverse:
    """Return ``V f(S) U^T`` with ``f(s) = s / max(s, DAMPED_BELOW)^2`` [1]_, and what is beside it.

    Damping acts only where singular values are small. The null space is the exact one, of
    motions that leave the task alone; it has no damping.

    Parameters
    ----------
    jacobian : [m, n], m <= n.

    References
    ----------
    .. [1] Y. Nakamura, H. Hanafusa, "Inverse kinematic solutions with singularity robustness
       for robot manipulator control", J. Dyn. Sys. Meas. Control 108, 1986.
    """
    u, s, vt = np.linalg.svd(jacobian, full_matrices=False)
    gain = s / np.maximum(s, DAMPED_BELOW) ** 2
    return DampedInverse((vt.T * gain) @ u.T, np.eye(jacobian.shape[1]) - vt.T @ vt, float(s[-1]))
