"""Samples that jump away and back: a swapped marker, a lost fix, a digit of a log."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Samples that an outlier lasts at most.
LONGEST = 3
#: A jump is this many times the median step of its recording, and this share of its extent.
STEPS, SHARE = 8.0, 0.01
#: Of the jumps, what is left of them when the outlier is over.
BACK = 0.5


def find_outliers(position: Array) -> NDArray[np.int64]:
    """Return the numbers of the samples that jump away from their neighbours and back again.

    Parameters
    ----------
    position : [N, d] in units of the extent.
    """
    step = np.linalg.norm(np.diff(position, axis=0), axis=1)
    moving = step[step > 0]
    if len(position) < 2 * LONGEST + 3 or not len(moving):
        return np.zeros(0, dtype=np.int64)
    limit = max(STEPS * float(np.median(moving)), SHARE)
    jumps = step > limit
    found: set[int] = set()
    for width in range(1, LONGEST + 1):
        # A jump from sample i - 1 to i, and one from i + width - 1 to i + width.
        first = np.flatnonzero(jumps[:-width] & jumps[width:])
        rest = np.linalg.norm(position[first + width + 1] - position[first], axis=1)
        back = rest < BACK * np.minimum(step[first], step[first + width])
        for i in first[back].tolist():
            inside = range(i + 1, i + 1 + width)
            if not found.intersection(inside):
                found.update(inside)
    return np.array(sorted(found), dtype=np.int64)
