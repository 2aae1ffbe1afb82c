"""The share of a workspace from which a policy reaches its goal."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.evaluation.scores import RollsOut

#: Points a side of the plane's grid, and how far it reaches beyond the data, in their range.
SIDE, MARGIN = 16, 0.15
#: Distance from the goal that counts as reached: in mm, else in the workspace's longest side.
REACHED_MM, REACHED_SHARE = 2.0, 0.04


def converged_share(policy: RollsOut, goal: ArrayLike, demonstrations: DemonstrationSet) -> float:
    """Return the share of starts that have reached ``goal`` [d] after twice the median duration.

    Reached is within 2 mm; in other units than mm, within 4 % of the workspace's longest side,
    which is as much of a LASA shape.

    Parameters
    ----------
    policy : eager or loaded.
    demonstrations : give the workspace, the duration and the units.
    """
    duration = 2.0 * demonstrations.duration
    _, positions = policy.rollout(starts_around(demonstrations), duration, duration)
    lower, upper = demonstrations.workspace
    reached = REACHED_MM if demonstrations.units == "mm" else REACHED_SHARE * (upper - lower).max()
    return float((np.linalg.norm(positions[-1] - goal, axis=-1) <= reached).mean())


def starts_around(demonstrations: DemonstrationSet) -> NDArray[np.float64]:
    """Return starts [256, d] over the workspace and 15 % of its range beyond each side.

    A 16 x 16 grid in the plane; in other dimensions as many random points, always the same.
    """
    lower, upper = demonstrations.workspace
    d = demonstrations.dimension
    if d == 2:
        side = np.linspace(0.0, 1.0, SIDE)
        share = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    else:
        share = np.random.default_rng(0).uniform(size=(SIDE**2, d))
    return lower + ((1 + 2 * MARGIN) * share - MARGIN) * (upper - lower)
