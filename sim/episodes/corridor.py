"""The demonstrated corridor: a tube around the demonstrations, as wide as they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elcd_policy import LoadedPolicy, load_demonstrations
from elcd_policy.errors import ElcdError
from elcd_policy.evaluation import distance_to_path
from elcd_policy.robot.placement import Placement

Vector = NDArray[np.float64]

SHARE = 0.95  # of the demonstrations' points that their corridor holds
NARROWEST = 0.005  # m; an arm's own precision is not the question
ALONE = 0.01  # m, half-width around one demonstration, which has no spread
SAMPLES = 100  # of each demonstration


@dataclass(frozen=True, eq=False)
class Corridor:
    """All points within ``half_width`` of any demonstration.

    Parameters
    ----------
    paths : the demonstrations, [M, 3] each in m, base frame.
    half_width : m.
    """

    paths: tuple[Vector, ...]
    half_width: float

    @classmethod
    def around(cls, paths: Sequence[Vector]) -> Corridor:
        """Build the corridor whose half-width is the demonstrations' own spread.

        For each point of a demonstration, take its distance from the nearest of the *other*
        demonstrations; the half-width is the 95 % quantile of these, at least 5 mm. One
        demonstration alone has 10 mm.

        Parameters
        ----------
        paths : [M, 3] each in m.
        """
        gaps = [
            np.min([distance_to_path(path, other) for other in paths if other is not path], axis=0)
            for path in paths
            if len(paths) > 1
        ]
        spread = float(np.quantile(np.concatenate(gaps), SHARE)) if gaps else ALONE
        return cls(tuple(paths), max(spread, NARROWEST))

    def deviation(self, positions: Vector) -> Vector:
        """Return distances [K] in m of positions [K, 3] from the nearest demonstration."""
        return np.min([distance_to_path(positions, path) for path in self.paths], axis=0)


def build_corridor(policy: LoadedPolicy, placement: Placement) -> Corridor:
    """Build the corridor of the demonstrations that a policy was trained on.

    They are loaded from the source that the file names. If that can't be had here, the policy's
    own motions from the demonstrated starts, which the file holds, stand in for them.

    Parameters
    ----------
    placement : of the policy in the base frame.
    """
    facts = policy.metadata
    try:
        demonstrations = load_demonstrations(facts.source)
        paths = [demonstration.position for demonstration in demonstrations]
        if demonstrations.dimension != facts.dimension:
            raise ElcdError("another source by the same name")
    except ElcdError:
        _, rollouts = policy.rollout(facts.starts, 2 * facts.duration, facts.duration / 100)
        paths = list(rollouts.swapaxes(0, 1))
    return Corridor.around([placement.to_robot(_thin(path)[:, :3]) for path in paths])


def _thin(path: Vector) -> Vector:
    rows = np.unique(np.linspace(0, len(path) - 1, SAMPLES).round().astype(int))
    return path[rows]
