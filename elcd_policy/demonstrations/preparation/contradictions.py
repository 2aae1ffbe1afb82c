"""Places where demonstrations pass each other in opposed directions.

A field of velocities has one velocity at each place: there it can follow neither.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]

#: Distance that counts as close, of the demonstrations' extent.
CLOSE = 0.02
#: Cosine of the angle between velocities from which they are opposed: 120 degrees.
OPPOSED = -0.5
#: Of the mean speed: what moves more slowly than this has no direction to speak of.
SLOW = 0.2


class Contradictions(NamedTuple):
    """Samples that pass another one closely, moving the other way.

    ``share`` is theirs among all moving samples; ``samples`` [M] are their numbers.
    """

    share: float
    samples: NDArray[np.int64]


def contradictions(position: Array, velocity: Array) -> Contradictions:
    """Find contradictory samples, of different demonstrations or of one that turns back.

    Parameters
    ----------
    position : [M, d] of all demonstrations, in units of their extent.
    velocity : [M, d].
    """
    speed = np.linalg.norm(velocity, axis=1)
    moving = speed > SLOW * speed.mean()
    pairs = cKDTree(position).query_pairs(CLOSE, output_type="ndarray")
    pairs = pairs[moving[pairs].all(axis=1)]
    a, b = pairs[:, 0], pairs[:, 1]
    cosine = (velocity[a] * velocity[b]).sum(axis=1) / (speed[a] * speed[b])
    samples = np.unique(pairs[cosine < OPPOSED])
    return Contradictions(len(samples) / max(int(moving.sum()), 1), samples)
