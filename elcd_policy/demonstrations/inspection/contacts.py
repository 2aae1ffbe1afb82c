"""Contacts of a path with itself: turns, crossings and ways back along itself.

A field has one velocity at each place. A path that comes back to a place in another direction
asks for two; one that comes back in the same direction asks to go round and to leave at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .paths import Path

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: All lengths are shares of the extent. Points this near each other touch.
NEAR = 0.03
#: A path has left a place if it was farther away than this before it came back.
LEFT = 0.06
#: Cosine from which two directions are the same, or opposed.
ALONG = 0.8
#: Share of a path's length that goes back along itself from which it is called retraced.
RETRACED = 0.05
#: A path is closed if its ends are this near each other, and its middle is not.
CLOSED = 0.1
#: Two ways that are this far apart in the mean, and on one side of each other to the share of
#: AGREED, are two ways and not one that is retraced.
BESIDE, AGREED = 0.005, 0.8
#: A path goes round more than once if, a turn later, it is this near to where it was.
TURN = 0.12
#: A path is planar if its third principal extent is below this.
PLANAR = 0.02


@dataclass(frozen=True, eq=False)
class Contacts:
    """Contacts of one path with itself after it was away.

    Parameters
    ----------
    retraced : share of the path that touches an earlier or later part opposed to it.
    beside : [M, d], from points on the way there to the nearest ones on the way back.
    turns : times that the path goes round, 0 if not more than once.
    closed : whether it ends where it starts.
    gap : [d], from its start to its end, across its first direction.
    crossings : [M, d], places where it goes through itself in another direction.
    """

    retraced: float
    beside: Array
    turns: float
    closed: bool
    gap: Array
    crossings: Array


def find_contacts(path: Path) -> Contacts:
    """Compare a path with itself."""
    x, step = path.points, path.step
    pairs = cKDTree(x).query_pairs(NEAR, output_type="ndarray")
    pairs = pairs[(pairs[:, 1] - pairs[:, 0]) * step > 2 * LEFT]
    i, j = pairs[:, 0], pairs[:, 1]
    # Between two touching points the path has left if one of three points on the way is away.
    away = np.max(
        [np.linalg.norm(x[(i * (4 - k) + j * k) // 4] - x[i], axis=1) for k in (1, 2, 3)],
        axis=0,
        initial=0.0,
    )
    i, j = i[away > LEFT], j[away > LEFT]
    direction = _directions(x, step)
    back = (direction[i] * direction[j]).sum(axis=1) < -ALONG
    gap = x[-1] - x[0]
    reach = float(np.linalg.norm(x - x[0], axis=1).max())
    return Contacts(
        retraced=len(np.union1d(i[back], j[back])) / len(x),
        beside=_nearest(x, i[back], j[back]),
        turns=_turns(x),
        closed=float(np.linalg.norm(gap)) < CLOSED * reach,
        gap=gap - direction[0] * (gap @ direction[0]),
        crossings=_crossings(x, i, j),
    )


def keeps_to_one_side(offsets: Array) -> bool:
    """Return whether offsets [M, d] between two ways agree so well that a field can tell them."""
    if not len(offsets):
        return False
    mean = float(np.linalg.norm(offsets.mean(axis=0)))
    return mean > BESIDE and mean > AGREED * float(np.sqrt((offsets**2).sum(axis=1).mean()))


def _nearest(x: Array, i: Indices, j: Indices) -> Array:
    """Return the offset [M, d] from each point among ``i`` to its nearest one among ``j``."""
    order = np.lexsort((np.linalg.norm(x[i] - x[j], axis=1), i))
    first = np.unique(i[order], return_index=True)[1]
    return np.asarray(x[j[order][first]] - x[i[order][first]])


def _directions(x: Array, step: float) -> Array:
    """Return the unit tangents [L, d], over a few points."""
    reach = max(1, round(0.03 / step))
    ahead = x[np.minimum(np.arange(len(x)) + reach, len(x) - 1)]
    behind = x[np.maximum(np.arange(len(x)) - reach, 0)]
    tangent = ahead - behind
    return tangent / np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)


def _turns(x: Array) -> float:
    """Return length of the path over that of one turn; 0 if it does not go round more than once.

    The turn is the first lag at which the path has come back to itself all along the part that
    it goes more than once, after it was away.
    """
    x = x[:: max(1, len(x) // 800)]
    lags = np.arange(1, int(0.85 * len(x)))
    apart = np.array([np.linalg.norm(x[lag:] - x[:-lag], axis=1).mean() for lag in lags])
    left = np.flatnonzero(apart > 2 * TURN)
    if not len(left):
        return 0.0
    after = apart[left[0] :]
    near = np.flatnonzero(after < TURN)
    if not len(near):
        return 0.0
    last = near[0] + int(np.argmax(np.append(after[near[0] :], np.inf) >= TURN))
    lag = lags[left[0] + near[0] + int(np.argmin(after[near[0] : last]))]
    return float((len(x) - 1) / lag)


def _crossings(x: Array, i: Indices, j: Indices) -> Array:
    """Return the places [M, d] where segments after touching points cross each other.

    On a line there is no going through oneself, only going back.
    """
    if x.shape[1] < 2:
        return np.zeros((0, x.shape[1]))
    flat = x - x.mean(axis=0)
    _, _, axes = np.linalg.svd(flat, full_matrices=False)
    sides = np.ptp(flat @ axes.T, axis=0)
    if len(sides) > 2 and sides[2] > PLANAR:
        near = np.linalg.norm(x[i] - x[j], axis=1) < NEAR / 2
        return _separate(x[i[near]])
    y = flat @ axes[:2].T
    keep = (i < len(x) - 1) & (j < len(x) - 1)
    i, j = i[keep], j[keep]
    a, b, c, d = y[i], y[i + 1], y[j], y[j + 1]
    through = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
    return _separate(x[i[through]])


def _side(a: Array, b: Array, c: Array) -> Array:
    """Return twice the signed area [M] of triangles of points [M, 2]."""
    p, q = b - a, c - a
    return p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]


def _separate(places: Array) -> Array:
    """Return one place for all that are within a twentieth of each other."""
    found: list[Array] = []
    for place in places:
        if all(np.linalg.norm(place - other) > 0.05 for other in found):
            found.append(place)
    return np.array(found).reshape(-1, places.shape[1])
