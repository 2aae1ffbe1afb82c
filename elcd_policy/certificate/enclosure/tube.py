"""Reach tubes: sets that contain every motion from a box of starts, step by step.

Each cell of starts is carried in latent space as an ellipsoid ``p(t) + {Q(t) u, |u| <= 1}`` along
an approximate motion ``p``. On one step of length ``h``, with ``F`` and ``f`` the field's Jacobian
and value near its middle ``m``, ``p`` solves ``p' = f + F (p - m)`` and ``Q`` moves by
``exp(F s)``. Variation of constants bounds what is left of the true motion::

    |u(h)| <= |u(0)| + h (sup |Q^-1 (Df - F) Q| |u| + sup |Q^-1 (Df - F) Q| |Q^-1 (p - m)|)

where both suprema are over enclosures of the step's sets, so neither the error of ``p`` nor the
nonlinearity of the field is lost (in the manner of Lohner 1987). A frame whose axes differ by more
than `MAX_CONDITION` is widened, which only adds points.

Unit: lengths in latent space, time in demonstrated durations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...fields import LatentField
from .affine import Array, Form
from .networks import slope as enclose_slope
from .networks import velocity as enclose_velocity

MAX_CONDITION = 100.0
#: What rounding may lose in a step, as a share of a set's size; it is below 1e-11.
ROUNDING = 1e-9
#: Attempts to find a radius that a step does not leave.
ATTEMPTS = 6
GROWTH_GUESS = 0.02


@dataclass(frozen=True)
class Step:
    """Enclosures over one step of time, a set each for N boxes of starts.

    Parameters
    ----------
    begin, end : in demonstrated durations.
    offset : of ``e = z - z*`` [N, d].
    bounded : [N], False where no enclosure was found (all later ones are then missing, too).
    """

    begin: float
    end: float
    offset: Form
    bounded: Array


@dataclass
class Ellipsoids:
    """``p + {Q u, |u| <= 1}`` for p [N, d] and Q [N, d, d]."""

    center: Array
    frame: Array

    @classmethod
    def around(cls, form: Form) -> Ellipsoids:
        """Return ellipsoids that hold the sets of a form whose symbols lie in boxes."""
        d = form.center.shape[1]
        sides = np.concatenate([form.linear, form.rest[:, :, None] * np.eye(d)], axis=1)
        length = np.maximum(np.linalg.norm(sides, axis=2), 1e-300)
        shape = np.einsum("nki,nkj,nk->nij", sides, sides, 1 / length)
        shape *= length.sum(axis=1)[:, None, None]
        values, axes = np.linalg.eigh(shape)
        size = np.sqrt(np.maximum(values, values[:, -1:] / MAX_CONDITION**2)) * (1 + 1e-9)
        return cls(form.center, axes * size[:, None])


def reach_tube(
    field: LatentField, starts: Ellipsoids, horizon: float, steps: int
) -> Iterator[Step]:
    """Enclose the motions from ``starts`` up to ``horizon``, a `Step` at a time.

    Parameters
    ----------
    field : with weights in float64.
    starts : offsets from the latent goal.
    horizon : in demonstrated durations.
    steps : into how many equal steps the time is cut.
    """
    h = horizon / steps
    p, q = starts.center, starts.frame
    bounded = np.ones(len(p), dtype=bool)
    for index in range(steps):
        speed, slope = _at_points(field, p)
        middle = p + h / 2 * speed + h**2 / 8 * _times(slope, speed)
        speed, slope = _at_points(field, middle)
        turned, summed = _exponential(slope * (h / 2))
        halfway = middle + _times(turned, p - middle) + h / 2 * _times(summed, speed)
        q_mid = turned @ q
        inverse = np.linalg.inv(q_mid)
        path = _path(halfway, speed + _times(slope, halfway - middle), slope, h)
        turn = np.exp(np.linalg.norm(inverse @ slope @ q_mid, axis=(1, 2)) * (h / 2))
        to_middle = replace(path, rest=path.rest + np.abs(path.center - middle))
        along = enclose_slope(field, to_middle)
        apart = (path - middle).map(inverse.transpose(0, 2, 1)).norm()
        lost = h * turn * _in_frame(along, slope, inverse, q_mid) * apart + ROUNDING
        guess = 1.0 + GROWTH_GUESS + 1.5 * lost
        for _ in range(ATTEMPTS):
            sets = _around_path(path, slope, q_mid, guess, h)
            mean = _mean_from_path(enclose_slope(field, sets))
            grown = 1.0 + lost + h * turn**2 * _in_frame(mean, slope, inverse, q_mid) * guess
            held = grown <= guess
            if np.all(held | ~bounded):
                break
            guess = np.where(held, guess, 1.0 + 1.5 * (grown - 1.0))
        bounded = bounded & held
        yield Step(index * h, (index + 1) * h, sets, bounded)
        p = middle + _times(turned, halfway - middle) + h / 2 * _times(summed, speed)
        q = _condition(turned @ q_mid * np.where(bounded, grown, 1.0)[:, None, None])


def _path(center: Array, speed: Array, slope: Array, h: float) -> Form:
    """Return the solution of ``p' = speed + slope (p - center)`` over one step as a form."""
    bend = _times(slope, speed)
    a = np.linalg.norm(slope, axis=(1, 2))
    third = np.exp(a * h / 2) * np.linalg.norm(slope @ slope, axis=(1, 2)) * h**3 / 48
    rest = np.abs(bend) * h**2 / 8 + (third * np.linalg.norm(speed, axis=1))[:, None]
    return Form(center, (h / 2 * speed)[:, None], rest * (1 + 1e-12), 1)


def _around_path(path: Form, slope: Array, q: Array, radius: Array, h: float) -> Form:
    """Return the sets ``p(s) + exp(F (s - h/2)) Q u``, ``|u| <= radius``, over one step."""
    ball = q.transpose(0, 2, 1) * radius[:, None, None]
    first = slope @ q * (h / 2 * radius)[:, None, None]
    a = np.linalg.norm(slope, axis=(1, 2)) * h / 2
    second = (np.expm1(a) - a) * np.linalg.norm(q, axis=(1, 2)) * radius
    rest = path.rest + np.linalg.norm(first, axis=2) + second[:, None]
    return Form(path.center, np.concatenate([path.linear, ball], axis=1), rest, 1)


def _mean_from_path(slopes: Form) -> Form:
    """Return the mean of ``Df`` on the way from the path to a point of the set."""
    linear = slopes.linear.copy()
    linear[:, slopes.boxes :] /= 2
    return Form(slopes.center, linear, slopes.rest, slopes.boxes)


def _in_frame(slopes: Form, slope: Array, inverse: Array, q: Array) -> Array:
    """Bound ``|Q^-1 (Df - F) Q|`` [N] over the sets of ``Df``."""
    d = q.shape[1]
    off = slopes - slope.reshape(len(slope), -1)
    change = np.einsum("nai,njb->nijab", inverse, q).reshape(len(q), d * d, d * d)
    return np.linalg.norm(off.map(change).magnitude, axis=1)


def _condition(q: Array) -> Array:
    axes, size, _ = np.linalg.svd(q)
    size = np.maximum(size, size[:, :1] / MAX_CONDITION) * (1 + 1e-12)
    return axes * size[:, None]


def _exponential(a: Array) -> tuple[Array, Array]:
    """Return ``exp(a)`` and ``(exp(a) - 1) / a`` of small matrices [N, d, d] by their series."""
    summed = term = np.broadcast_to(np.eye(a.shape[1]), a.shape)
    for k in range(2, 14):
        term = term @ a / k
        summed = summed + term
    return np.eye(a.shape[1]) + a @ summed, summed


def _times(matrices: Array, vectors: Array) -> Array:
    return np.matmul(matrices, vectors[:, :, None])[:, :, 0]


def _at_points(field: LatentField, e: Array) -> tuple[Array, Array]:
    """Return ``f(e)`` [N, d] and ``Df(e)`` [N, d, d], not enclosed."""
    n, d = e.shape
    points = Form(e, np.zeros((n, 0, d)), np.zeros((n, d)), 0)
    slopes = enclose_slope(field, points).center.reshape(n, d, d)
    return enclose_velocity(field, points).center, slopes
