"""Back to the path, not only to the goal: how soon a pushed state is in the corridor again.

The *corridor* is what the demonstrations leave free around their mean path (equal shares of
their durations): its half-width is the distance from that path within which nine tenths of
their samples lie. The *nominal path* is the policy's own, from the mean start. Where a path comes
near itself, a push may land on another branch of it, where there is nothing to come back from:
such pushes are left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.evaluation import distance_to_path
from elcd_policy.evaluation.recovery import push_recoveries
from elcd_policy.evaluation.scores import SAMPLES, RollsOut

Array = NDArray[np.float64]

#: Share of the demonstrated samples in the corridor.
INSIDE = 0.9
#: When the state is pushed, as shares of the duration, and how far, in half-widths.
PHASES, SIZE = (0.2, 0.4, 0.6), 3.0
#: Half-widths from the whole mean path at which a push must land: then it is outside the corridor
#: of any path inside the demonstrated one.
CLEAR = 2.0


def half_width(demonstrations: DemonstrationSet) -> float:
    """Return half-width of the demonstrated corridor, in the demonstrations' units."""
    motions = _motions(demonstrations)
    gaps = distance_to_path(motions.reshape(-1, demonstrations.dimension), motions.mean(axis=0))
    return float(np.quantile(gaps, INSIDE))


def clear_pushes(demonstrations: DemonstrationSet) -> list[tuple[float, int]]:
    """Return phase and side of the pushes that land clear of every branch of the mean path.

    The same for every policy: the path that is pushed from is here the mean one.
    """
    path, width = _motions(demonstrations).mean(axis=0), half_width(demonstrations)
    moments = [(phase, side) for phase in PHASES for side in (-1, 1)]
    landed = np.array([_push(path, *moment, SIZE * width) for moment in moments])
    far = distance_to_path(landed, path) >= CLEAR * width
    return [moment for moment, clear in zip(moments, far, strict=True) if clear]


def push_returns(policy: RollsOut, demonstrations: DemonstrationSet) -> dict[str, Any]:
    """Push a planar policy off its path, to either side, and time its return.

    Returns
    -------
    A JSON-ready record: ``half_width`` and ``size`` of the pushes in the demonstrations' units,
    ``duration`` (median, in s), how many are ``left_out`` (not `clear_pushes`), and of each push
    its ``phase``, ``side``, and ``time`` in s and ``distance`` travelled until it is in the
    corridor for good; None if it is not by twice the duration.
    """
    duration, width = demonstrations.duration, half_width(demonstrations)
    dt = duration / (SAMPLES - 1)
    start = np.mean([demo.position[0] for demo in demonstrations], axis=0)
    _, nominal = policy.rollout(start, 2 * duration, dt)
    moments = clear_pushes(demonstrations)
    pushed = [_push(nominal, *moment, SIZE * width) for moment in moments]
    time, paths = policy.rollout(np.reshape(pushed, (-1, 2)), 2 * duration, dt)
    rows = [
        {"phase": phase, "side": side, **_return(time, path, nominal, width)}
        for (phase, side), path in zip(moments, paths.swapaxes(0, 1), strict=True)
    ]
    return {
        "half_width": width,
        "size": SIZE * width,
        "duration": duration,
        "left_out": 2 * len(PHASES) - len(rows),
        "rows": rows,
    }


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


def _motions(demonstrations: DemonstrationSet) -> Array:
    """Return motions [D, SAMPLES, d], at equal shares of each duration."""
    return np.stack([demo.resampled(SAMPLES).position for demo in demonstrations])


def _push(path: Array, phase: float, side: int, size: float) -> Array:
    """Place [2] beside a planar path with SAMPLES samples a duration."""
    index = round(phase * (SAMPLES - 1))
    along = path[index + 1] - path[index - 1]
    return path[index] + side * size * np.array([-along[1], along[0]]) / np.linalg.norm(along)
