"""Distances between a motion and a reference, in the units of their coordinates.

Notation: ``path`` [N, d] is the motion under test, ``reference`` [M, d] the demonstration.
A non-finite path gives a distance that is not finite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ShapeError

Array = NDArray[np.float64]

_CHUNK = 1024


def dtw_distance(path: ArrayLike, reference: ArrayLike) -> float:
    """Compute the dynamic time warping distance per reference sample.

    The least sum of Euclidean distances along a warping path, divided by the number M of the
    reference's samples. A warping path runs from the first to the last pair of samples in
    steps of one sample of either motion or of both (Sakoe and Chiba 1978, symmetric P = 0,
    every step weighing one).

    Parameters
    ----------
    path : [N, d].
    reference : [M, d].

    Raises
    ------
    ShapeError
        If one is not a list of points, or their dimensions differ.
    """
    path, reference = _points(path, reference)
    return cheapest_warping(_pairwise(path, reference), np.add) / len(reference)


def frechet_distance(path: ArrayLike, reference: ArrayLike) -> float:
    """Compute the discrete Frechet distance between paths [N, d] and [M, d].

    The least possible largest Euclidean distance along a warping path (Eiter and Mannila 1994).

    Raises
    ------
    ShapeError
        If one is not a list of points, or their dimensions differ.
    """
    path, reference = _points(path, reference)
    return cheapest_warping(_pairwise(path, reference), np.maximum)


def rmse_time_aligned(path: ArrayLike, reference: ArrayLike) -> float:
    """Compute the root mean square distance between simultaneous samples, both [N, d].

    Raises
    ------
    ShapeError
        If the two differ in shape.
    """
    path, reference = _points(path, reference)
    if path.shape != reference.shape:
        raise ShapeError(
            "time-aligned paths differ in length",
            got=f"{len(path)} and {len(reference)} samples",
            expected="as many",
            advice="sample both at the same instants",
        )
    return float(np.sqrt(np.square(path - reference).sum(axis=1).mean()))


def chamfer_dtwd(path: ArrayLike, reference: ArrayLike) -> float:
    """Return the ELCD paper's "DTWD": a symmetric nearest-point (Chamfer) distance.

    Mean of two numbers: the mean distance from each sample of ``path`` [N, d] to the nearest
    one of ``reference`` [M, d], and the same the other way round.
    This is *not* dynamic time warping: it ignores order and speed, so a motion run backwards
    scores zero. The paper computes it in units of the standard deviation per axis; divide
    both paths by that first for its figures, else the result is in the paths' own units. Use
    it beside `dtw_distance`, never in its place.

    Raises
    ------
    ShapeError
        If one is not a list of points, or their dimensions differ.
    """
    cost = _pairwise(*_points(path, reference))
    return float(cost.min(axis=1).mean() + cost.min(axis=0).mean()) / 2


def distance_to_path(points: ArrayLike, path: ArrayLike) -> Array:
    """Return distance [N] from each of ``points`` [N, d] to the polyline through ``path`` [M, d].

    Measured to the nearest point of a segment, not to the nearest vertex.

    Raises
    ------
    ShapeError
        If one is not a list of points, or their dimensions differ.
    """
    points, path = _points(points, path)
    start, along = path[:-1], np.diff(path, axis=0)
    if len(path) == 1:
        start, along = path, np.zeros_like(path)
    # A segment of no length projects everything on its start.
    length2 = np.square(along).sum(axis=1)
    length2[length2 == 0] = 1.0
    distances = [
        _distance_to_segments(points[i : i + _CHUNK], start, along, length2)
        for i in range(0, len(points), _CHUNK)
    ]
    return np.concatenate(distances)


def _distance_to_segments(points: Array, start: Array, along: Array, length2: Array) -> Array:
    offset = points[:, None, :] - start
    share = np.clip(np.einsum("nmd,md->nm", offset, along) / length2, 0.0, 1.0)
    offset -= share[:, :, None] * along
    return np.sqrt(np.einsum("nmd,nmd->nm", offset, offset).min(axis=1))


def cheapest_warping(cost: Array, combine: np.ufunc) -> float:
    """Return the value of the best warping path through ``cost`` [N, M]; ``combine`` joins cells.

    For distances that are not Euclidean; `dtw_distance` and `frechet_distance` call it too.

    ``best[i, j] = combine(cost[i, j], min(best[i-1, j], best[i, j-1], best[i-1, j-1]))``.
    Cells of one anti-diagonal don't depend on each other and are computed at once.
    """
    n, m = cost.shape
    # Read with a row length shorter by one, the padded matrix is skewed: column k holds
    # anti-diagonal k, with inf outside the matrix.
    padded = np.full((n, n + m), np.inf)
    padded[:, :m] = cost
    skewed = padded.ravel()[: n * (n + m - 1)].reshape(n, n + m - 1)
    # Of each diagonal of `best`: all but its last row, and all but a row of inf before it.
    rows = np.full((3, n + 1), np.inf)
    rows[0, 0] = 0.0
    before, last, now = ((row[:-1], row[1:]) for row in rows)
    for diagonal in np.ascontiguousarray(skewed.T):
        np.minimum(*last, out=now[1])
        np.minimum(now[1], before[0], out=now[1])
        combine(now[1], diagonal, out=now[1])
        before[0][0] = np.inf
        before, last, now = last, now, before
    return float(last[1][-1])


def _pairwise(a: Array, b: Array) -> Array:
    """Compute the Euclidean distances [N, M] between points [N, d] and [M, d]."""
    squares = np.zeros((len(a), len(b)))
    for x, y in zip(a.T, b.T, strict=True):
        squares += np.square(x[:, None] - y)
    return np.sqrt(squares, out=squares)


def _points(a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.ndim != 2 or b.ndim != 2 or not a.size or not b.size or a.shape[1] != b.shape[1]:
        raise ShapeError(
            "paths can't be compared",
            got=f"shapes {list(a.shape)} and {list(b.shape)}",
            expected="[N, d] and [M, d], at least one sample each",
        )
    return a, b
