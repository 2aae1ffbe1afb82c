"""Begin and end of a motion within a recording that rests at both ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Of the mean pace: a recording that has got on more slowly than this since it began still rests.
PACE = 0.03
#: Of the way to the farthest point: beyond this the motion is under way.
AWAY = 0.1


def moving_part(time: Array, position: Array) -> tuple[int, int]:
    """Return the first and last sample of the motion itself.

    A rest is what lies before the last instant, not yet far from the first sample, at which
    the distance from that sample is less than `PACE` times the mean pace times the time since
    it. Net displacement is not misled by trembling as speed is, nor by a slow drift; pace and
    distances are relative, so units do not matter. The end is found in the same way, backwards;
    then the motion goes on until it is as near to where it rests as the rest is steady, because
    its last sample is the goal.

    Parameters
    ----------
    time : [N] in s, increasing.
    position : [N, d], smoothed.
    """
    length = np.linalg.norm(np.diff(position, axis=0), axis=1).sum()
    pace = PACE * length / (time[-1] - time[0])
    first = _rest(time, position, pace)
    last = len(time) - 1 - _rest(time[::-1], position[::-1], pace)
    away = np.linalg.norm(position[last:] - np.median(position[last:], axis=0), axis=1)
    last += int(np.argmax(away <= np.median(away)))
    # A recording that never gets anywhere has no moving part: it is left whole.
    return (first, last) if first < last else (0, len(time) - 1)


def _rest(time: Array, position: Array, pace: float) -> int:
    """Return the last sample of the rest at the beginning."""
    distance = np.linalg.norm(position - position[0], axis=1)
    under_way = int(np.argmax(distance > AWAY * distance.max()))
    waiting = np.abs(time - time[0])[: under_way + 1]
    return int(np.flatnonzero(distance[: under_way + 1] <= pace * waiting)[-1])
