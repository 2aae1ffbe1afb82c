"""Demonstrations that do not belong together: ways that part, ends and members that stray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist, squareform

from .paths import Paths

Array = NDArray[np.float64]

#: Points at which paths are compared.
POINTS = 60
#: Ways part if their paths are this far from each other somewhere, of the extent,
APART = 0.15
#: and this many times farther than the members of one way are from their nearest.
RATIO = 2.5
#: A field tells ways apart whose starts are this far apart, of the distance of the ways.
BY_START = 0.35


def group_by_way(paths: Paths, members: list[int]) -> list[tuple[int, ...]]:
    """Return groups of demonstrations that go the same way, the largest first.

    Each path is first brought to the common start and end by a shift that changes evenly along
    it, so that starts and ends that differ count for nothing. Two paths are as far apart as
    the farther point of one is from the other (Hausdorff distance); groups are those of single
    linkage, if a clear gap separates them.
    """
    if len(members) < 2:
        return [tuple(members)]
    shapes = _shapes(paths, members)
    heights = linkage(squareform(hausdorff_distances(shapes), checks=False), "single")
    merged = heights[:, 2]
    below = np.concatenate([[APART / RATIO], np.maximum(merged[:-1], APART / RATIO)])
    gaps = np.flatnonzero((merged > APART) & (merged > RATIO * below))
    if len(members) == 2 and merged[0] < 2 * APART:
        gaps = gaps[:0]  # of two that differ a little, nobody knows how much one way varies
    if not len(gaps):
        return [tuple(members)]
    cut = (merged[gaps[0]] + below[gaps[0]]) / 2
    labels = fcluster(heights, cut, "distance")
    groups = [tuple(members[k] for k in np.flatnonzero(labels == label)) for label in set(labels)]
    return sorted(groups, key=lambda group: (-len(group), group))


def hausdorff_distances(paths: Array) -> Array:
    """Return distances [n, n] of paths [n, K, d]: of the farthest point from the other path."""
    distances = np.zeros((len(paths), len(paths)))
    for a in range(len(paths)):
        for b in range(a):
            apart = cdist(paths[a], paths[b])
            distances[a, b] = max(apart.min(axis=1).max(), apart.min(axis=0).max())
    return distances + distances.T


def differ_by_start(paths: Paths, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Return whether two ways begin so far apart that a field can tell them."""
    starts = [np.array([paths.paths[k].position[0] for k in group]) for group in (one, other)]
    ways = [np.array([paths.paths[k].resampled(POINTS) for k in group]) for group in (one, other)]
    nearest = float(cdist(*starts).min())
    farthest = float(np.linalg.norm(ways[0].mean(axis=0) - ways[1].mean(axis=0), axis=1).max())
    return nearest > BY_START * farthest


def distance_of_ways(paths: Paths, one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return two ways' Hausdorff distance in extents, their first members' ends made common."""
    return float(hausdorff_distances(_shapes(paths, [one[0], other[0]]))[0, 1])


def _shapes(paths: Paths, members: list[int]) -> Array:
    """Return paths [n, K, d] at equal shares of their lengths, with a common start and end."""
    shapes = np.array([paths.paths[k].resampled(POINTS) for k in members])
    share = np.linspace(0.0, 1.0, POINTS)[:, None]
    starts, ends = shapes[:, :1], shapes[:, -1:]
    off = (1 - share) * (starts - np.median(starts, axis=0))
    return shapes - off - share * (ends - np.median(ends, axis=0))
