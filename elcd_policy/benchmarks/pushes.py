"""Back to the path, not only to the goal: how soon a pushed state is in the corridor again.

The *corridor* is what the demonstrations leave free around their mean path (equal shares of
their durations): its half-width is the distance from that path within which nine tenths of
their samples lie. The *nominal path* is the policy's own, from the mean start.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..demonstrations import DemonstrationSet
from ..evaluation import distance_to_path
from ..evaluation.recovery import push_recoveries
from ..evaluation.scores import SAMPLES, RollsOut

Array = NDArray[np.float64]

#: Share of the demonstrated samples in the corridor.
INSIDE = 0.9
#: When the state is pushed, as shares of the duration, and how far, in half-widths.
PHASES, SIZE = (0.2, 0.4, 0.6), 3.0


def half_width(demonstrations: DemonstrationSet) -> float:
    """Half-width of the demonstrated corridor, in the demonstrations' units."""
    motions = np.stack([demo.resampled(SAMPLES).position for demo in demonstrations])
    gaps = distance_to_path(motions.reshape(-1, demonstrations.dimension), motions.mean(axis=0))
    return float(np.quantile(gaps, INSIDE))


def push_returns(policy: RollsOut, demonstrations: DemonstrationSet) -> dict[str, Any]:
    """Push a planar policy off its path, to either side, and time its return.

    Returns
    -------
    A JSON-ready record: ``half_width`` and ``size`` of the pushes in the demonstrations' units,
    ``duration`` (median, in s) and of each push its ``phase``, ``side``, and ``time`` in s and
    ``distance`` travelled until it is in the corridor for good; None if it is not by twice the
    duration.
    """
    duration, width = demonstrations.duration, half_width(demonstrations)
    dt = duration / (SAMPLES - 1)
    start = np.mean([demo.position[0] for demo in demonstrations], axis=0)
    _, nominal = policy.rollout(start, 2 * duration, dt)
    moments = [(phase, side) for phase in PHASES for side in (-1, 1)]
    pushed = [
        nominal[index] + side * SIZE * width * _normal(nominal, index)
        for phase, side in moments
        for index in [round(phase * (SAMPLES - 1))]
    ]
    time, paths = policy.rollout(np.array(pushed), 2 * duration, dt)
    rows = [
        {"phase": phase, "side": side, **_return(time, path, nominal, width)}
        for (phase, side), path in zip(moments, paths.swapaxes(0, 1), strict=True)
    ]
    return {"half_width": width, "size": SIZE * width, "duration": duration, "rows": rows}


def _return(time: Array, path: Array, nominal: Array, width: float) -> dict[str, float | None]:
    gaps = distance_to_path(path, nominal)
    # The push itself is a step of the clock from the path to where it ends.
    step = time[1] - time[0]
    (back,) = push_recoveries(
        np.append(0.0, time + step), np.append(0.0, gaps), [(0.0, step)], width
    )
    if back.recovery_time is None:
        return {"time": None, "distance": None}
    lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
    travelled = lengths[: round(back.recovery_time / step)].sum()
    return {"time": back.recovery_time, "distance": float(travelled)}


def _normal(path: Array, index: int) -> Array:
    """Unit normal [2] of a planar path at a sample."""
    along = path[index + 1] - path[index - 1]
    return np.array([-along[1], along[0]]) / np.linalg.norm(along)
