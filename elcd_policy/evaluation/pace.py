"""Whether a policy keeps the pace where it matters: at a throw's release, in a wait."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..demonstrations import Demonstration

Array = NDArray[np.float64]

#: Of the speed shown at a throw's end, and of the time shown in a wait, so much is to be reached.
KEPT = 0.5
#: Shares of the extent: so near its end a throw is released, so near its place a wait is spent.
RELEASE, WAIT = 0.02, 0.03


def release_fault(
    shown: Sequence[Demonstration], time: Array, paths: Sequence[Array], extent: float, units: str
) -> str:
    """Return what is missing of the speed shown near the ends; empty if it is reached.

    Parameters
    ----------
    shown : n demonstrations of positions [., d].
    time : [K] in s, of the policy's paths.
    paths : n of them, positions [K, d] from each demonstration's start.
    extent : of a demonstration, in ``units``.
    """
    reached, wanted = [], []
    for each, path in zip(shown, paths, strict=True):
        reached.append(_speed_near(path, time, each.goal, RELEASE * extent))
        wanted.append(_speed_near(each.position, each.time, each.goal, RELEASE * extent))
    here, there = float(np.median(reached)), float(np.median(wanted))
    if here >= KEPT * there:
        return ""
    return f"{here:.2g} {units}/s just before the end where {there:.2g} {units}/s were shown"


def wait_fault(
    shown: Sequence[Demonstration],
    time: Array,
    paths: Sequence[Array],
    extent: float,
    places: Sequence[Array],
) -> str:
    """Return how much shorter a policy waits at ``places`` (n of [d]); empty if long enough.

    The other parameters are those of `release_fault`.
    """
    waited, wanted = [], []
    for each, path, place in zip(shown, paths, places, strict=True):
        waited.append(_time_near(path, time, place, WAIT * extent))
        wanted.append(_time_near(each.position, each.time, place, WAIT * extent))
    here, there = float(np.median(waited)), float(np.median(wanted))
    if here >= KEPT * there:
        return ""
    return f"{here:.2g} s where they wait and {there:.2g} s were shown"


def _speed_near(path: Array, time: Array, place: Array, near: float) -> float:
    """Return the speed with which a path first comes as near to a place; 0 if it does not."""
    inside = np.linalg.norm(path - place, axis=1) < near
    k = max(1, int(np.argmax(inside)))
    if not inside.any():
        return 0.0
    return float(np.linalg.norm(path[k] - path[k - 1]) / (time[k] - time[k - 1]))


def _time_near(path: Array, time: Array, place: Array, near: float) -> float:
    """Return the time in s that a path spends as near to a place."""
    inside = np.linalg.norm(path - place, axis=1) < near
    return float(np.diff(time)[inside[:-1]].sum())
