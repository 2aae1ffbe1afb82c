"""Timing of demonstrations: waits in the middle, ends at full speed, unequal clocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .paths import Path

Array = NDArray[np.float64]

#: Share of a motion's duration over which its pace is measured.
WINDOW = 0.05
#: A motion waits where it gets on more slowly than this share of its mean pace
WAITING = 0.1
#: for this share of its duration.
WAIT = 0.1


def find_wait(path: Path) -> tuple[float, float]:
    """Return start and length of the longest wait within a motion, in s; (0, 0) if none.

    Judged by the way gone in a window of time, which trembling does not mislead. What rests at
    its start or its end does not wait.
    """
    samples = len(path.time)
    window = max(1, round(WINDOW * samples))
    gone = np.linalg.norm(path.position[window:] - path.position[:-window], axis=1)
    slow = gone < WAITING * path.length * window / (samples - 1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], slow.astype(int), [0]])))
    step = path.time[1] - path.time[0]
    longest = (0.0, 0.0)
    for first, last in edges.reshape(-1, 2):
        wait = float((last - 1 - first + window) * step)
        inside = first > 0 and last < len(slow)
        if inside and wait > max(WAIT * path.duration, longest[1]):
            longest = (float(first * step), wait)
    return longest


def end_speed(path: Path) -> tuple[float, float]:
    """Return the speed at a motion's end and its largest one, in extents per s."""
    speed = np.linalg.norm(path.velocity, axis=1)
    return float(speed[-3:].mean()), float(speed.max())
