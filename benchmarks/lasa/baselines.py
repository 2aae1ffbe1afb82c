"""Baselines without learning: the mean demonstration, and the best one in hindsight."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.evaluation import Scores, dtw_distance, evaluate
from elcd_policy.evaluation.scores import SAMPLES
from elcd_policy.policy import sample_times

Array = NDArray[np.float64]


class Replay:
    """A path played in a given time, then held.

    Parameters
    ----------
    path : [K, d], at equal times.
    duration : in s.
    corrected : whether the offset of the start from the path's is faded out linearly.
    """

    def __init__(self, path: Array, duration: float, *, corrected: bool) -> None:
        self.path, self.duration, self.corrected = path, duration, corrected
        self.dimension = path.shape[1]

    def rollout(self, x0: ArrayLike, duration: float, dt: float) -> tuple[Array, Array]:
        """Return time [K] in s and positions [K, d] from ``x0`` [d]."""
        time = sample_times(duration, dt)
        share = np.minimum(time / self.duration, 1.0)
        grid = np.linspace(0.0, 1.0, len(self.path))
        positions = np.stack([np.interp(share, grid, column) for column in self.path.T], axis=1)
        if self.corrected:
            positions += np.outer(1.0 - share, np.asarray(x0) - self.path[0])
        return time, positions


def score_mean(shown: DemonstrationSet, scored: DemonstrationSet) -> list[Scores]:
    """Score the shown demonstrations' mean, in their median duration, from each start."""
    mean = np.mean([demo.resampled(SAMPLES).position for demo in shown], axis=0)
    return evaluate(Replay(mean, shown.duration, corrected=True), scored)


def score_best(shown: DemonstrationSet, scored: DemonstrationSet) -> list[Scores]:
    """Return scores of the shown demonstration nearest to each (DTW), in the scored one's duration.

    Both are hindsight: no policy can know which one comes, nor how long it takes.
    """
    paths = [demo.resampled(SAMPLES).position for demo in shown]
    scores = []
    for i, demo in enumerate(scored):
        reference = demo.resampled(SAMPLES).position
        best = min(paths, key=lambda path: dtw_distance(path, reference))
        scores += evaluate(Replay(best, demo.duration, corrected=False), scored[i : i + 1])
    return scores


BASELINES: dict[str, Callable[[DemonstrationSet, DemonstrationSet], list[Scores]]] = {
    "mean": score_mean,
    "best": score_best,
}
