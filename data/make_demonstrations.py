"""Make the project's own 3-D demonstrations: two tasks for a Franka Panda, in m.

    python data/make_demonstrations.py            # rewrites the folders beside this script
    python data/make_demonstrations.py -o DIR     # writes them to DIR

They are synthetic, see README.md. Every run writes the same bytes.
"""

from __future__ import annotations

import argparse
from math import comb
from pathlib import Path

import numpy as np

from elcd_policy.demonstrations import Demonstration, DemonstrationSet, save_demonstrations

RATE = 100.0
"""Samples per s."""

DEMONSTRATIONS = 7

# Control points of a Bezier curve in m, in the arm's base frame (x forward, y left, z up),
# and the standard deviation of each over the demonstrations. The last one is the goal.
TASKS = {
    "pick_and_place_arc": (
        [
            [0.40, -0.28, 0.24],
            [0.38, -0.30, 0.42],
            [0.50, -0.22, 0.66],
            [0.66, 0.08, 0.62],
            [0.52, 0.27, 0.52],
            [0.50, 0.25, 0.24],
        ],
        [0.018, 0.025, 0.030, 0.030, 0.015, 0.0],
    ),
    "reach_around": (
        [
            [0.36, 0.26, 0.50],
            [0.50, 0.34, 0.48],
            [0.80, 0.20, 0.38],
            [0.62, -0.24, 0.26],
            [0.30, -0.36, 0.30],
            [0.42, -0.14, 0.30],
        ],
        [0.018, 0.025, 0.030, 0.025, 0.015, 0.0],
    ),
}


def bezier(points: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Points [N, 3] of the Bezier curve with control points [K, 3] at parameters u [N]."""
    degree = len(points) - 1
    basis = [comb(degree, k) * u**k * (1 - u) ** (degree - k) for k in range(degree + 1)]
    return sum(b[:, None] * point for b, point in zip(basis, points, strict=True))


def minimum_jerk(s: np.ndarray) -> np.ndarray:
    """The minimum-jerk profile from 0 to 1 over s in [0, 1] (Flash and Hogan 1985)."""
    return s**3 * (10 - 15 * s + 6 * s**2)


def tremor(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hand's slow unsteadiness [N, 3] in m: below 3 Hz, about 0.2 mm, at most 0.9 mm."""
    frequency = rng.uniform(0.5, 3.0, size=(6, 3, 1))
    phase = rng.uniform(0.0, 2 * np.pi, size=(6, 3, 1))
    amplitude = rng.uniform(0.5, 1.0, size=(6, 3, 1)) * 0.00015
    return (amplitude * np.sin(2 * np.pi * frequency * time + phase)).sum(axis=0).T


def demonstration(task: str, rng: np.random.Generator) -> Demonstration:
    """One demonstration: a curve, a pace and a tremor of its own; always the same goal."""
    mean, spread = map(np.array, TASKS[task])
    # Bounded by two standard deviations: a hand that starts elsewhere starts over.
    points = mean + spread[:, None] * np.clip(rng.normal(size=mean.shape), -2.0, 2.0)
    samples = round(rng.uniform(3.8, 6.0) * RATE) + 1
    time = np.arange(samples) / RATE
    # A recording starts when the hand already moves, and no two hands hurry at the same place.
    s = np.linspace(0.06, 1.0, samples)
    s = s + rng.uniform(-0.06, 0.06) * np.sin(2 * np.pi * s) / (2 * np.pi)
    pace = minimum_jerk(s)
    pace = (pace - pace[0]) / (1 - pace[0])
    calm = (1 - pace)[:, None] ** 0.5
    position = bezier(points, pace) + calm * tremor(time, rng)
    # Micrometres: finer than any arm measures, and the same digits on every machine.
    return Demonstration(time, np.round(position, 6))


def main() -> None:
    """Write every task to a folder of its own."""
    parser = argparse.ArgumentParser(description="Make the project's own 3-D demonstrations.")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent)
    output = parser.parse_args().output
    for number, task in enumerate(TASKS):
        rng = np.random.default_rng([0, number])
        demonstrations = DemonstrationSet(
            [demonstration(task, rng) for _ in range(DEMONSTRATIONS)],
            units="m",
            frame="panda_link0",
        )
        save_demonstrations(demonstrations, output / task)
        print(f"{output / task}: {len(demonstrations)} demonstrations")


if __name__ == "__main__":
    main()
