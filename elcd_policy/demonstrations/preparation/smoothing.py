"""A smooth motion through noisy samples at uneven times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import solveh_banded

from ...errors import ParameterError

Array = NDArray[np.float64]

#: Hz. Hands move on purpose below about 3 Hz and tremble at 8 to 12 Hz.
CUTOFF = 4.0
#: Hz times s: a motion of T seconds is smoothed at no less than this over T, or a flick is noise.
CYCLES = 16.0


def cutoff_for(duration: float) -> float:
    """Return the cutoff in Hz that leaves a motion of this duration in s as it is."""
    return max(CUTOFF, CYCLES / duration)


def smooth_motion(time: Array, position: Array, cutoff: float = CUTOFF) -> CubicSpline:
    """Return the smoothing spline through a motion, a function of time in s.

    It minimises ``integral |x - samples|^2 dt + lambda integral |x''|^2 dt``. With
    ``lambda = (2 pi cutoff)^-4`` it damps frequency f by ``1 / (1 + (f / cutoff)^4)``: the gain
    of a second-order Butterworth filter run forwards and backwards, without its start-up at the
    ends or its need for even times. Solved by Reinsch's algorithm in O(N) (Green and Silverman
    1994, Nonparametric Regression and Generalized Linear Models, section 2.3).

    Parameters
    ----------
    time : [N] in s, increasing, N >= 5.
    position : [N, d].
    cutoff : Hz, where half of the amplitude is left.

    Raises
    ------
    ParameterError
        If the cutoff is not positive.
    """
    if not 0 < cutoff < np.inf:
        raise ParameterError(
            "a motion can't be smoothed", got=f"a cutoff of {cutoff:g} Hz", expected="above 0"
        )
    h = np.diff(time)
    # Each sample stands for the time around it: uneven sampling weighs evenly.
    cost = (2 * np.pi * cutoff) ** -4 / np.gradient(time)
    left, right = 1 / h[:-1], 1 / h[1:]
    middle = -left - right
    # Bands of R + lambda Q^T W^-1 Q, upper form: second, first and main diagonal.
    bands = np.zeros((3, len(h) - 1))
    bands[2] = (h[:-1] + h[1:]) / 3
    bands[2] += left**2 * cost[:-2] + middle**2 * cost[1:-1] + right**2 * cost[2:]
    bands[1, 1:] = h[1:-1] / 6 + cost[1:-2] * middle[:-1] * left[1:]
    bands[1, 1:] += cost[2:-1] * right[:-1] * middle[1:]
    bands[0, 2:] = cost[2:-2] * right[:-2] * left[2:]
    slopes = np.diff(position, axis=0) / h[:, None]
    bend = solveh_banded(bands, np.diff(slopes, axis=0))
    correction = np.zeros_like(position)
    correction[:-2] += left[:, None] * bend
    correction[1:-1] += middle[:, None] * bend
    correction[2:] += right[:, None] * bend
    return CubicSpline(time, position - cost[:, None] * correction, bc_type="natural")
