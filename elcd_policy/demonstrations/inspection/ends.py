"""Ends of demonstrations: together, apart for a reason, or astray."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import DemonstrationSet
from .groups import POINTS
from .paths import Paths

Array = NDArray[np.float64]

#: An end strays if it is this far from the median one, of the extent,
STRAY = 0.15
#: and this many times farther than the median demonstration's.
RATIO = 5.0
#: Ends differ from this root mean square distance on, of the extent.
END_SPREAD = 0.05
#: Paths agree relative to their own ends if they are not this much farther apart so.
AGREE = 1.15


def stray_ends(paths: Paths, members: list[int]) -> dict[int, float]:
    """Return demonstrations that end far from all others, with the distance in extents.

    Of fewer than three nobody can say which one strays.
    """
    if len(members) < 3:
        return {}
    ends = np.array([paths.paths[k].position[-1] for k in members])
    away = np.linalg.norm(ends - np.median(ends, axis=0), axis=1)
    limit = max(STRAY, RATIO * float(np.median(away)))
    return {k: float(far) for k, far in zip(members, away, strict=True) if far > limit}


def end_spread(paths: Paths, members: list[int]) -> float:
    """Return the root mean square distance of the ends from their median, in extents."""
    if not members:
        return 0.0
    ends = np.array([paths.paths[k].position[-1] for k in members])
    return float(np.sqrt(((ends - np.median(ends, axis=0)) ** 2).sum(axis=1).mean()))


def choose_ends(demonstrations: DemonstrationSet) -> str:
    """Return how demonstrations are best learned: "each" relative to its own end, or "mean".

    Relative to their own ends if these differ by more than `END_SPREAD` of the extent, root mean
    square, while the paths agree relative to them. What does not move, or ends astray, does not
    count.
    """
    paths = Paths.from_demonstrations(demonstrations)
    strays = stray_ends(paths, paths.moving)
    members = [k for k in paths.moving if k not in strays]
    differ = end_spread(paths, members) > END_SPREAD
    return "each" if differ and ends_agree(paths, members) else "mean"


def ends_agree(paths: Paths, members: list[int]) -> bool:
    """Return whether paths agree relative to their ends about as well as where they are."""
    shapes = np.array([paths.paths[k].resampled(POINTS) for k in members])
    return _spread(shapes - shapes[:, -1:]) < AGREE * _spread(shapes)


def _spread(shapes: Array) -> float:
    apart = ((shapes - shapes.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0)
    return float(np.sqrt(apart).mean())
