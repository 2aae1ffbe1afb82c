"""Demonstrations on one common clock.

People draw the same corner at different instants. Averaged at equal times the corner is
blurred; averaged at equal phases it stays sharp. An autonomous field knows position only, so
the clock it can learn is the mean one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Array = NDArray[np.float64]

#: Rounds of aligning to the mean and averaging again; more change nothing visible.
ROUNDS = 4
#: Cost of being out of step by a whole motion, in variances of the positions.
LAG_COST = 2.0
#: Standard deviation in samples of the filter that takes the steps out of a warping path.
SMOOTHING = 3.0

#: A motion is played at most this many times faster or slower: one that does something else
#: than the others keeps its own path.
PACE = 3.0


def aligned(positions: Array, durations: Array) -> tuple[Array, float]:
    """Warp motions in time so that equal samples are equal phases.

    Each motion is matched to the mean of the matched ones by dynamic time warping (as in DTW
    barycentre averaging, Petitjean et al. 2011, with a cost for being out of step); then all
    are resampled on the mean of their clocks.

    Parameters
    ----------
    positions : [n, K, d], each motion at equal times of its own.
    durations : [n] in s.

    Returns
    -------
    positions : [n, K, d], each at equal times of the common clock.
    duration : of the common clock, in s.
    """
    n, samples, _ = positions.shape
    if n == 1:
        return positions, float(durations[0])
    mean = positions[_most_central(positions)]
    grid = np.arange(samples, dtype=np.float64)
    for _ in range(ROUNDS):
        phases = np.stack([_phase(mean, motion) for motion in positions])
        matched = np.stack(
            [_at(phase, motion) for phase, motion in zip(phases, positions, strict=True)]
        )
        mean = matched.mean(axis=0)
    clock = (phases / (samples - 1) * durations[:, None]).mean(axis=0)
    even = np.interp(np.linspace(0.0, clock[-1], samples), clock, grid)
    return np.stack([_at(even, motion) for motion in matched]), float(clock[-1])


def _most_central(positions: Array) -> int:
    """Index of the motion with the least summed distance from all others at equal samples."""
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=-1).mean(axis=-1)
    return int(apart.sum(axis=1).argmin())


def _phase(reference: Array, motion: Array) -> Array:
    """Sample of ``motion`` (a real number, increasing) that matches each of ``reference``."""
    samples = len(reference)
    share = np.linspace(0.0, 1.0, samples)
    apart = ((reference[:, None] - motion[None]) ** 2).sum(axis=-1)
    spread = ((reference - reference.mean(axis=0)) ** 2).sum(axis=-1).mean()
    path = _warping_path(apart + LAG_COST * spread * (share[:, None] - share) ** 2)
    matches = np.bincount(path[:, 0], weights=path[:, 1]) / np.bincount(path[:, 0])
    smooth = gaussian_filter1d(matches, SMOOTHING, mode="nearest")
    pace = np.clip(np.diff(smooth), 1 / PACE, PACE)
    return np.concatenate([[0.0], np.cumsum(pace) * (samples - 1) / pace.sum()])


def _warping_path(cost: Array) -> NDArray[np.int64]:
    """The cheapest path [L, 2] of index pairs from the first to the last cell of ``cost``."""
    n, m = cost.shape
    best = np.full((n + 1, m + 1), np.inf)
    best[0, 0] = 0.0
    for diagonal in range(2, n + m + 1):
        i = np.arange(max(1, diagonal - m), min(n, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(np.minimum(best[i - 1, j], best[i, j - 1]), best[i - 1, j - 1])
        best[i, j] = cost[i - 1, j - 1] + before
    i, j = n, m
    path = []
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        back = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(back, key=lambda cell: best[cell])
    return np.array(path[::-1])


def _at(sample: Array, motion: Array) -> Array:
    """``motion`` [K, d] at real-valued sample numbers [K]."""
    grid = np.arange(len(motion))
    return np.stack([np.interp(sample, grid, column) for column in motion.T], axis=1)
