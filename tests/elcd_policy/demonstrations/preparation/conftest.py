"""Recordings as hand guiding gives them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from elcd_policy.demonstrations import Demonstration, DemonstrationSet

MOTION = 4.0  # s


def _clean(metres_per_unit: float = 0.001, count: int = 4) -> DemonstrationSet:
    """Minimum-jerk arcs of 4 s, 300 mm long and more, that end in one point."""
    time = np.linspace(0.0, MOTION, 401)
    share = time / MOTION
    smooth = share**3 * (10 - 15 * share + 6 * share**2)
    motions = []
    for index in range(count):
        away = np.array([-300.0, 100.0 + 10 * index, 40.0])
        bend = np.outer(np.sin(np.pi * smooth), [0.0, 60.0, 20.0 * index])
        position = (np.outer(1 - smooth, away) + bend + 50.0) * 0.001 / metres_per_unit
        motions.append(Demonstration(time, position))
    return DemonstrationSet(motions, units={0.001: "mm", 1.0: "m"}.get(metres_per_unit, "px"))


def _raw(clean: DemonstrationSet, rest: float = 1.0) -> DemonstrationSet:
    """Rests at both ends, 1 mm of noise in 300 mm, a 10 Hz tremor, uneven time stamps."""
    rng = np.random.default_rng(7)
    size = (clean.workspace[1] - clean.workspace[0]).max() / 300
    motions = []
    for motion in clean:
        steps = round((motion.duration + 2 * rest) * 100)
        time = 0.01 * np.arange(steps) + rng.uniform(-0.004, 0.004, steps)
        columns = [np.interp(time - rest, motion.time, column) for column in motion.position.T]
        tremor = 0.7 * np.sin(2 * np.pi * 10 * time + rng.uniform(0, 2 * np.pi))
        noise = rng.normal(size=(steps, clean.dimension)) + tremor[:, None]
        motions.append(Demonstration(time + 5.0, np.stack(columns, axis=1) + size * noise))
    return DemonstrationSet(motions, units=clean.units, source="raw arcs")


@pytest.fixture(scope="session")
def clean() -> Callable[..., DemonstrationSet]:
    """``clean(metres_per_unit, count)``: motions as they were meant."""
    return _clean


@pytest.fixture(scope="session")
def raw() -> Callable[..., DemonstrationSet]:
    """``raw(clean, rest)``: the same as they are recorded."""
    return _raw
