"""Scores of a policy on demonstrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..demonstrations import Demonstration, DemonstrationSet
from ..errors import ShapeError
from .distances import chamfer_dtwd, dtw_distance, frechet_distance, rmse_time_aligned

#: Samples per demonstration on which distances are measured.
SAMPLES = 200


class RollsOut(Protocol):
    """A policy, eager or loaded."""

    @property
    def dimension(self) -> int: ...

    def rollout(
        self, x0: ArrayLike, duration: float, dt: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...


@dataclass(frozen=True)
class Scores:
    """Distances of a rollout from a demonstration, in the demonstration's units.

    The rollout starts where the demonstration starts and keeps its clock and duration. ``dtw``
    is true dynamic time warping per sample, ``rmse`` is aligned in time, ``frechet`` the
    discrete Frechet distance, ``end`` and ``end_2x`` the distance from the demonstration's end
    after one and two durations, ``chamfer_dtwd`` what the ELCD paper calls DTWD (a nearest-point
    distance; compare it only with itself).
    """

    dtw: float
    rmse: float
    frechet: float
    end: float
    end_2x: float
    chamfer_dtwd: float

    @classmethod
    def mean(cls, scores: Sequence[Scores]) -> Scores:
        """The mean of each figure."""
        return cls(*(float(np.mean([getattr(s, f.name) for s in scores])) for f in fields(cls)))

    def to_dict(self) -> dict[str, float]:
        """A JSON-ready form."""
        return asdict(self)


def evaluate(policy: RollsOut, demonstrations: DemonstrationSet) -> list[Scores]:
    """Roll ``policy`` out from each demonstration's start and measure the distance from it.

    Raises
    ------
    ShapeError
        If the dimensions differ.
    """
    if policy.dimension != demonstrations.dimension:
        raise ShapeError(
            f"'{demonstrations.source}' does not fit the policy",
            got=f"demonstrations of {demonstrations.dimension} dimensions",
            expected=f"{policy.dimension} as in the policy",
        )
    return [_score(policy, demonstration) for demonstration in demonstrations]


def _score(policy: RollsOut, demonstration: Demonstration) -> Scores:
    reference = demonstration.resampled(SAMPLES).position
    duration = demonstration.duration
    dt = duration / (SAMPLES - 1)
    _, path = policy.rollout(reference[0], 2 * duration, dt)
    once = path[:SAMPLES]
    return Scores(
        dtw=dtw_distance(once, reference),
        rmse=rmse_time_aligned(once, reference),
        frechet=frechet_distance(once, reference),
        end=float(np.linalg.norm(once[-1] - reference[-1])),
        end_2x=float(np.linalg.norm(path[-1] - reference[-1])),
        chamfer_dtwd=chamfer_dtwd(once, reference),
    )
