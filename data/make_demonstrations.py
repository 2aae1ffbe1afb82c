"""Make the project's own demonstrations: three tasks for a Franka Panda, one of them of poses.

    python data/make_demonstrations.py            # rewrites the folders beside this script
    python data/make_demonstrations.py -o DIR     # writes them to DIR

They are synthetic, see README.md. Every run writes the same bytes.
"""

from __future__ import annotations

import argparse
import json
from math import comb
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from elcd_policy.demonstrations import Demonstration, DemonstrationSet, save_demonstrations

RATE = 100.0
"""Samples per s."""

DEMONSTRATIONS = 7

FRAME = "panda_link0"
"""The arm's base: x forward, y left, z up."""

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

# Poses: three more columns, the hand's tilt about x, pitch about y and yaw about z in deg, from
# the hand pointing down; and their standard deviation.
POSE_TASKS = {
    "pour": (
        [
            [0.42, -0.27, 0.22, 0.0, 0.0, -25.0],
            [0.40, -0.30, 0.44, 0.0, 4.0, -28.0],
            [0.52, -0.24, 0.56, 8.0, 6.0, -18.0],
            [0.60, -0.04, 0.54, 50.0, -6.0, 0.0],
            [0.53, 0.05, 0.46, 92.0, -3.0, 0.0],
            [0.50, 0.02, 0.36, 100.0, 0.0, 0.0],
        ],
        [
            [0.018, 3.0],
            [0.022, 3.0],
            [0.025, 4.0],
            [0.025, 5.0],
            [0.012, 3.0],
            [0.0, 0.0],
        ],
    ),
}
HAND_DOWN = Rotation.from_quat([1.0, 0.0, 0.0, 0.0])


def bezier(points: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Points [N, d] of the Bezier curve with control points [K, d] at parameters u [N]."""
    degree = len(points) - 1
    basis = [comb(degree, k) * u**k * (1 - u) ** (degree - k) for k in range(degree + 1)]
    return sum(b[:, None] * point for b, point in zip(basis, points, strict=True))


def minimum_jerk(s: np.ndarray) -> np.ndarray:
    """The minimum-jerk profile from 0 to 1 over s in [0, 1] (Flash and Hogan 1985)."""
    return s**3 * (10 - 15 * s + 6 * s**2)


def tremor(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hand's slow unsteadiness [N, 3] in m: below 3 Hz, about 0.2 mm, at most 0.9 mm.

    In deg, times 1000: about 0.2 deg, at most 0.9 deg.
    """
    frequency = rng.uniform(0.5, 3.0, size=(6, 3, 1))
    phase = rng.uniform(0.0, 2 * np.pi, size=(6, 3, 1))
    amplitude = rng.uniform(0.5, 1.0, size=(6, 3, 1)) * 0.00015
    return (amplitude * np.sin(2 * np.pi * frequency * time + phase)).sum(axis=0).T


def demonstration(
    control: list[list[float]], spread: list[float] | list[list[float]], rng: np.random.Generator
) -> Demonstration:
    """One demonstration: a curve, a pace and a tremor of its own; always the same goal."""
    mean = np.array(control)
    deviation = np.repeat(np.reshape(spread, (len(mean), -1)), 3, axis=1)
    # Bounded by two standard deviations: a hand that starts elsewhere starts over.
    points = mean + deviation * np.clip(rng.normal(size=mean.shape), -2.0, 2.0)
    samples = round(rng.uniform(3.8, 6.0) * RATE) + 1
    time = np.arange(samples) / RATE
    # A recording starts when the hand already moves, and no two hands hurry at the same place.
    s = np.linspace(0.06, 1.0, samples)
    s = s + rng.uniform(-0.06, 0.06) * np.sin(2 * np.pi * s) / (2 * np.pi)
    pace = minimum_jerk(s)
    pace = (pace - pace[0]) / (1 - pace[0])
    calm = (1 - pace)[:, None] ** 0.5
    curve = bezier(points, pace)
    # Micrometres and microradians: finer than any arm measures, the same digits on every machine.
    position = np.round(curve[:, :3] + calm * tremor(time, rng), 6)
    if mean.shape[1] == 3:
        return Demonstration(time, position)
    angles = curve[:, 3:] + 1000 * calm * tremor(time, rng)
    hand = Rotation.from_euler("xyz", angles, degrees=True) * HAND_DOWN
    return Demonstration(time, position, quaternion=np.round(hand.as_quat(), 6))


def save_poses(demonstrations: list[Demonstration], folder: Path) -> None:
    """Write poses with the digits they were rounded to."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"units": "m", "frame": FRAME}
    (folder / "demonstrations.json").write_text(json.dumps(about, indent=2) + "\n")
    for index, pose in enumerate(demonstrations):
        table = np.column_stack([pose.time, pose.position, pose.quaternion])
        header = "t,x,y,z,qx,qy,qz,qw"
        file = folder / f"demo_{index}.csv"
        np.savetxt(file, table, "%.6f", delimiter=",", header=header, comments="", newline="\n")


def main() -> None:
    """Write every task to a folder of its own."""
    parser = argparse.ArgumentParser(description="Make the project's own demonstrations.")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent)
    output = parser.parse_args().output
    for number, (task, curves) in enumerate({**TASKS, **POSE_TASKS}.items()):
        rng = np.random.default_rng([0, number])
        demonstrations = [demonstration(*curves, rng) for _ in range(DEMONSTRATIONS)]
        if task in POSE_TASKS:
            save_poses(demonstrations, output / task)
        else:
            plain = DemonstrationSet(demonstrations, units="m", frame=FRAME)
            save_demonstrations(plain, output / task)
        print(f"{output / task}: {len(demonstrations)} demonstrations")


if __name__ == "__main__":
    main()
