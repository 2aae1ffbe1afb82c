"""Prediction of where a policy leads, computed a little at each control tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def predict_path(
    velocity: Callable[[Array], Array], x: Array, duration: float, steps: int
) -> Iterator[Array | None]:
    """Yield the path from a state under a field, one evaluation of the field at a time.

    A whole rollout would keep the node's only thread from several ticks.

    Parameters
    ----------
    velocity : the field, [d] to [d].
    x : [d], where the path begins.
    duration : s.
    steps : of the midpoint rule.

    Yields
    ------
    None
        After each evaluation but the last; at the end the path [steps + 1, d].
    """
    dt, path = duration / steps, [x]
    for _ in range(steps):
        middle = x + 0.5 * dt * velocity(x)
        yield None
        x = x + dt * velocity(middle)
        path.append(x)
        if len(path) <= steps:
            yield None
    yield np.array(path)
