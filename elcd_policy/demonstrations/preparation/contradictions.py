"""Places where demonstrations pass each other in opposed directions.

A field of velocities has one velocity at each place: there it can follow neither. A demonstration
that comes back along itself is another matter, see `elcd_policy.demonstrations.inspection`.
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
#: Share of the duration within which two samples are of the same time.
TOGETHER = 0.1


class Contradictions(NamedTuple):
    """Samples that pass those of another demonstration closely, moving the other way.

    ``share`` is theirs among all moving samples, ``at_once`` of those whose partner is at the
    same share of its duration, which time would not tell apart either; ``samples`` [M] are
    their numbers.
    """

    share: float
    at_once: float
    samples: NDArray[np.int64]


def contradictions(
    position: Array, velocity: Array, member: NDArray[np.int64], phase: Array
) -> Contradictions:
    """Find contradictory samples of different demonstrations.

    Parameters
    ----------
    position : [M, d] of all demonstrations, in units of their extent.
    velocity : [M, d].
    member : [M], which demonstration each sample is of. One that opposes itself there, too, is
        no contradiction between demonstrations.
    phase : [M], share of its duration, 0 to 1.
    """
    speed = np.linalg.norm(velocity, axis=1)
    moving = speed > SLOW * speed.mean()
    pairs = cKDTree(position).query_pairs(CLOSE, output_type="ndarray")
    pairs = pairs[moving[pairs].all(axis=1)]
    a, b = pairs[:, 0], pairs[:, 1]
    cosine = (velocity[a] * velocity[b]).sum(axis=1) / (speed[a] * speed[b])
    pairs = pairs[cosine < OPPOSED]
    own = member[pairs[:, 0]] == member[pairs[:, 1]]
    against_self = np.unique(pairs[own])
    others = pairs[~own]
    together = np.abs(np.diff(phase[others], axis=1)[:, 0]) < TOGETHER
    count = max(int(moving.sum()), 1)
    samples = np.setdiff1d(others, against_self)
    at_once = np.setdiff1d(others[together], against_self)
    return Contradictions(len(samples) / count, len(at_once) / count, samples)
