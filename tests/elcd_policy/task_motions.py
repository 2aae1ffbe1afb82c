"""Motions of everyday tasks, made up: what a field of velocities follows, and what it can't."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from elcd_policy.demonstrations import Demonstration, DemonstrationSet

Array = NDArray[np.float64]
Curve = Callable[[Array], Array]
"""Shares [K] of the way, from 0 to 1, to positions [K, d] in m."""


def minimum_jerk(u: Array) -> Array:
    """Share of the way gone at a share of the time, at rest at both ends."""
    return np.asarray(10 * u**3 - 15 * u**4 + 6 * u**5)


def shown(
    curves: Sequence[Curve],
    source: str,
    *,
    duration: float = 4.0,
    noise: float = 0.0,
    pace: Callable[[Array], Array] = minimum_jerk,
) -> DemonstrationSet:
    """Curves as demonstrations at 100 Hz in m, with white noise of this standard deviation."""
    rng = np.random.default_rng(len(curves))
    motions = []
    for index, curve in enumerate(curves):
        time = np.linspace(0.0, duration * (1 + 0.05 * (index % 3)), int(100 * duration))
        position = curve(pace(time / time[-1]))
        position = position + noise * rng.standard_normal(position.shape)
        motions.append(Demonstration(time, position, f"demo_{index}"))
    return DemonstrationSet(motions, units="m", source=source)


def wiping(turns: int = 3, count: int = 4, noise: float = 0.0) -> DemonstrationSet:
    """Turns of an ellipse of 240 by 140 mm on a table."""

    def curve(index: int) -> Curve:
        def ellipse(u: Array) -> Array:
            angle = 2 * np.pi * turns * u + 0.03 * index
            a, b = 0.12 + 0.003 * index, 0.07 - 0.002 * index
            return np.stack([0.5 + a * np.cos(angle), b * np.sin(angle), 0 * u + 0.02], axis=1)

        return ellipse

    return shown([curve(index) for index in range(count)], "wiping", duration=3.0, noise=noise)


def two_ways(order: str = "lrlrlr", noise: float = 0.0) -> DemonstrationSet:
    """Past an obstacle 500 mm on, 150 mm to its left or right, from starts 10 mm apart."""

    def curve(index: int, side: str) -> Curve:
        aside = (0.15 if side == "l" else -0.15) * (1 + 0.03 * (index % 4))
        start = np.array([0.005 * (index % 3), 0.005 * (index % 2)])

        def way(u: Array) -> Array:
            bend = np.stack([0.5 * u, aside * np.sin(np.pi * u)], axis=1)
            return bend + (1 - u)[:, None] * start

        return way

    curves = [curve(index, side) for index, side in enumerate(order)]
    return shown(curves, "two ways", noise=noise)


def pick_and_place(count: int = 4, wait: float = 0.0, noise: float = 0.0) -> DemonstrationSet:
    """Down to an object, up again the same way, over and down; ``wait`` is a share of the time."""

    def curve(index: int) -> Curve:
        off = 0.01 * np.array([index % 2, (index + 1) % 3 - 1.0, index % 3 - 1.0])
        pick, above = np.array([0.4, -0.2, 0.02]), np.array([0.4, -0.2, 0.15])
        stops = np.array(
            [
                np.array([0.35, 0.0, 0.3]) + off,
                above + 0.5 * off,
                pick,
                above - 0.5 * off,
                np.array([0.5, 0.0, 0.28]) + off,
                [0.5, 0.2, 0.15],
                [0.5, 0.2, 0.03],
            ]
        )
        gone = np.linalg.norm(np.diff(stops, axis=0), axis=1).cumsum()
        path = PchipInterpolator(np.concatenate([[0.0], gone / gone[-1]]), stops)
        here = gone[1] / gone[-1]

        def motion(u: Array) -> Array:
            down = here * minimum_jerk(np.clip(u / 0.4, 0, 1))
            on = (1 - here) * minimum_jerk(np.clip((u - 0.4 - wait) / (0.6 - wait), 0, 1))
            return np.asarray(path(down + on))

        return motion

    curves = [curve(index) for index in range(count)]
    return shown(curves, "pick and place", duration=6.0, noise=noise, pace=lambda u: u)


def throw(count: int = 4, noise: float = 0.0) -> DemonstrationSet:
    """Accelerated all the way, over 600 mm in 0.6 s."""

    def curve(index: int) -> Curve:
        start = np.array([0.3, 0.0, 0.2 + 0.01 * index])
        middle, release = np.array([0.25, 0.01 * index, 0.35]), np.array([0.65, 0.0, 0.65])
        return lambda u: (
            np.outer((1 - u) ** 2, start)
            + np.outer(2 * u * (1 - u), middle)
            + np.outer(u**2, release)
        )

    curves = [curve(index) for index in range(count)]
    return shown(curves, "throw", duration=0.6, noise=noise, pace=lambda u: u**2)


def reaching(
    ends: Sequence[Sequence[float]] = ((0, 0, 0),) * 5, noise: float = 0.0, along: bool = True
) -> DemonstrationSet:
    """An arc of 450 mm to each of the ends (m, from the common one).

    ``along``: the whole arc moves with its end, else it starts where the others start.
    """

    def curve(index: int, off: Sequence[float]) -> Curve:
        start = np.array([0.35, -0.25, 0.16]) + 0.01 * np.array([index % 3, index % 2, 0.0])
        middle, end = np.array([0.45, 0.0, 0.35 + 0.01 * (index % 3)]), np.array([0.5, 0.2, 0.1])
        moved = np.array(off, dtype=float)
        return lambda u: (
            np.outer((1 - u) ** 2, start + (moved if along else 0))
            + np.outer(2 * u * (1 - u), middle + (moved if along else moved / 2))
            + np.outer(u**2, end + moved)
        )

    curves = [curve(index, off) for index, off in enumerate(ends)]
    return shown(curves, "reaching", noise=noise)


def there_and_back(count: int = 3, noise: float = 0.0) -> DemonstrationSet:
    """Out along a line of 300 mm and back on it."""

    def curve(index: int) -> Curve:
        start, far = np.array([0.4, -0.1, 0.2 + 0.005 * index]), np.array([0.4, 0.2, 0.25])
        return lambda u: start + np.outer(np.sin(np.pi * u), far - start)

    return shown([curve(index) for index in range(count)], "there and back", noise=noise)
