"""Scores of a policy on demonstrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..demonstrations import Demonstration, DemonstrationSet
from ..errors import ParameterError, ShapeError
from ..robot.units import METRES
from .angles import angles_between
from .distances import (
    chamfer_dtwd,
    cheapest_warping,
    dtw_distance,
    frechet_distance,
    rmse_time_aligned,
)

Array = NDArray[np.float64]

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

    For poses these are of positions in mm, and ``orientation`` holds the same of orientations,
    by their geodesic distance in deg; for anything else it is None.
    """

    FIGURES: ClassVar = ("dtw", "rmse", "frechet", "end", "end_2x", "chamfer_dtwd")

    dtw: float
    rmse: float
    frechet: float
    end: float
    end_2x: float
    chamfer_dtwd: float
    orientation: Scores | None = field(default=None, kw_only=True)

    @classmethod
    def mean(cls, scores: Sequence[Scores]) -> Scores:
        """Return the mean of each figure."""
        means = (float(np.mean([getattr(each, name) for each in scores])) for name in cls.FIGURES)
        turned = [each.orientation for each in scores if each.orientation is not None]
        return cls(*means, orientation=cls.mean(turned) if turned else None)

    def scaled(self, factor: float) -> Scores:
        """Return the distances in a unit of which ``factor`` make one; orientations stay."""
        values = (factor * getattr(self, name) for name in self.FIGURES)
        return Scores(*values, orientation=self.orientation)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form; of poses under ``position_mm`` and ``orientation_deg``."""
        values = {name: getattr(self, name) for name in self.FIGURES}
        if self.orientation is None:
            return values
        return {"position_mm": values, "orientation_deg": self.orientation.to_dict()}


def evaluate(policy: RollsOut, demonstrations: DemonstrationSet) -> list[Scores]:
    """Roll ``policy`` out from each demonstration's start and measure the distance from it.

    Demonstrations are taken as the policy learned them, see `as_learned`.

    Raises
    ------
    ShapeError
        If the dimensions differ, or one of the two is of poses and the other is not.
    ParameterError
        If the positions of poses are in no known unit of length.
    """
    demonstrations = as_learned(policy, demonstrations)
    if demonstrations.orientation is not None and demonstrations.units not in METRES:
        raise ParameterError(
            "unknown unit of the positions of poses",
            got=repr(demonstrations.units),
            expected=" or ".join(METRES),
        )
    return [_score(policy, demonstration, demonstrations) for demonstration in demonstrations]


def as_learned(policy: RollsOut, demonstrations: DemonstrationSet) -> DemonstrationSet:
    """Return demonstrations in the form in which a policy learned, or would have learned, them.

    Poses are counted from the policy's own reference orientation. For a policy that learned
    each demonstration relative to its own end, all are moved to end at its goal: that equals
    setting the goal to each one's end, because the field moves with its goal.

    Raises
    ------
    ShapeError
        If the dimensions differ, or one of the two is of poses and the other is not.
    """
    if policy.dimension != demonstrations.dimension:
        raise ShapeError(
            f"'{demonstrations.source}' does not fit the policy",
            got=f"demonstrations of {demonstrations.dimension} dimensions",
            expected=f"{policy.dimension} as in the policy",
        )
    facts = getattr(policy, "metadata", None)
    if facts is None:
        return demonstrations
    stored = facts.orientation
    if (stored is None) != (demonstrations.orientation is None):
        raise ShapeError(
            f"'{demonstrations.source}' does not fit the policy",
            got="plain coordinates" if demonstrations.orientation is None else "poses",
            expected="poses" if stored is not None else "plain coordinates",
        )
    if stored is not None:
        demonstrations = demonstrations.about(stored.reference)
    if facts.ends == "each":
        get_goal = getattr(policy, "get_goal", None)  # where it may have been moved to
        goal = facts.goal if get_goal is None else np.asarray(get_goal(), dtype=np.float64)
        demonstrations = demonstrations.ending_at(goal)
    return demonstrations


def _score(policy: RollsOut, demonstration: Demonstration, among: DemonstrationSet) -> Scores:
    reference = demonstration.resampled(SAMPLES).position
    duration = demonstration.duration
    dt = duration / (SAMPLES - 1)
    _, path = policy.rollout(reference[0], 2 * duration, dt)
    if among.orientation is None:
        return _distances(path, reference)
    scale = 1000.0 * METRES[among.units]
    turned = _angles(path, reference)
    return _distances(scale * path[:, :3], scale * reference[:, :3], turned)


def _distances(path: Array, reference: Array, orientation: Scores | None = None) -> Scores:
    """Return the scores of a path twice as long as the reference [K, d]."""
    once = path[:SAMPLES]
    return Scores(
        dtw=dtw_distance(once, reference),
        rmse=rmse_time_aligned(once, reference),
        frechet=frechet_distance(once, reference),
        end=float(np.linalg.norm(once[-1] - reference[-1])),
        end_2x=float(np.linalg.norm(path[-1] - reference[-1])),
        chamfer_dtwd=chamfer_dtwd(once, reference),
        orientation=orientation,
    )


def _angles(path: Array, reference: Array) -> Scores:
    """Do as `_distances`, for the orientations of poses [., 6], in deg."""
    every = angles_between(path, reference)
    once = every[:SAMPLES]
    return Scores(
        dtw=cheapest_warping(once, np.add) / len(reference),
        rmse=float(np.sqrt(np.square(once.diagonal()).mean())),
        frechet=cheapest_warping(once, np.maximum),
        end=float(once[-1, -1]),
        end_2x=float(every[-1, -1]),
        chamfer_dtwd=float(once.min(axis=1).mean() + once.min(axis=0).mean()) / 2,
    )
