"""Boxes around a TCP: the workspace it stays in, boxes it stays out of, the demonstrated one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FADE = 0.05
"""m outside the known box over which the speed falls: a step would make the arm stutter."""


def keep_inside(
    twist: Array, position: Array, lower: Array, upper: Array, acceleration: float, dt: float
) -> Array:
    """Return the twist [6] without the part that would leave the workspace box.

    At a face and beyond it the outward component is removed. Before it, it is bounded by
    the speed ``v`` that still stops at the face, ``v dt + v^2 / (2 a) = distance``, so that
    the acceleration limit that follows does not carry the arm through. All three axes may
    have to brake at once: each has ``a = acceleration / sqrt(3)``.
    """
    inside = twist.copy()
    acceleration = acceleration / np.sqrt(3.0)
    for axis in range(3):
        above = _braking_speed(upper[axis] - position[axis], acceleration, dt)
        below = _braking_speed(position[axis] - lower[axis], acceleration, dt)
        inside[axis] = min(max(inside[axis], -below), above)
    return inside


def keep_outside(
    twist: Array, position: Array, boxes: Array, acceleration: float, dt: float
) -> Array:
    """Return the twist [6] without the part that would enter a box.

    A point is outside a box while one axis separates them: along the axis that separates them
    most, the speed towards the box is bounded as in `keep_inside`. In a box, only the shortest
    way out is free.

    Parameters
    ----------
    position : [3] in m.
    boxes : [k, 2, 3] in m, lower and upper corners.
    acceleration : m/s^2, the limit that follows.
    dt : s from the previous twist to this one.
    """
    outside = twist.copy()
    for lower, upper in boxes:
        below, above = lower - position, position - upper
        separation = np.maximum(below, above)
        axis = int(np.argmax(separation))
        bound = _braking_speed(float(separation[axis]), acceleration / np.sqrt(3.0), dt)
        if below[axis] > above[axis]:
            outside[axis] = min(outside[axis], bound)
        else:
            outside[axis] = max(outside[axis], -bound)
    return outside


def outside_distance(position: Array, lower: Array, upper: Array) -> float:
    """Return the distance in m of a position [3] from a box; 0 inside."""
    return _norm(np.maximum(np.maximum(lower - position, position - upper), 0.0))


def inside_depth(position: Array, boxes: Array) -> Array:
    """Return how deep positions [K, 3] are inside each of k boxes [k, 2, 3]: [K, k] in m.

    Negative outside, by the largest separation along an axis.
    """
    lower, upper = boxes[:, 0], boxes[:, 1]
    gaps = np.maximum(lower - position[:, None], position[:, None] - upper)
    return np.asarray(-gaps.max(axis=-1))


def familiarity(position: Array, lower: Array, upper: Array, far: float) -> float:
    """Return the factor on the speed: 1 in a box, falling to ``far`` at `FADE` m from it."""
    return 1.0 - (1.0 - far) * min(1.0, outside_distance(position, lower, upper) / FADE)


def _braking_speed(distance: float, acceleration: float, dt: float) -> float:
    if distance <= 0.0:
        return 0.0
    return float(acceleration * (np.sqrt(dt * dt + 2.0 * distance / acceleration) - dt))


def _norm(v: Array) -> float:
    return float(np.sqrt(v @ v))
