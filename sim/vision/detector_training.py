"""Train a detector of the red box on rendered images, and measure it on others."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from elcd_policy.perception import (
    DetectorMetadata,
    DetectorSettings,
    GoalDetector,
    NAISNet,
    fit_detector,
)
from elcd_policy.perception.detector import NETS
from elcd_policy.utils.numbers import check_count, check_seed

from ..robot import Robot
from .table_camera import CAMERA
from .table_scene import LOWER, PLANE, SIDE, UPPER
from .training_images import render_training_images

DETECTOR = Path(__file__).parent / "detectors" / "red_box.pt"
"""The one that comes with the package: ``elcd detector -o sim/vision/detectors/red_box.pt``."""

SCENES, EPOCHS = 3000, 10
HELD_OUT, HELD_OUT_SEED = 300, 1_000_000
CONFIDENT = 0.5


def train_detector(
    robot: Robot,
    *,
    scenes: int = SCENES,
    epochs: int = EPOCHS,
    net: str = "nais",
    seed: int = 0,
    held_out: int = HELD_OUT,
) -> tuple[GoalDetector, DetectorMetadata]:
    """Train a detector on scenes drawn at random, and measure it on others.

    Parameters
    ----------
    robot : the arm in the images.
    scenes : images to learn from.
    epochs : times that each is seen.
    net : one of `elcd_policy.perception.detector.NETS`.
    seed : of scenes and training.
    held_out : images to measure it on.

    Returns
    -------
    detector : trained.
    metadata : what its file says of it, with the errors on the held-out scenes.

    Raises
    ------
    ParameterError
        If a number is out of range.
    """
    check_count("scenes", scenes)
    check_count("epochs", epochs)
    check_seed(seed)
    settings = DetectorSettings(epochs=epochs)
    images, places = render_training_images(robot, scenes, seed)
    torch.manual_seed(seed)
    detector = GoalDetector(NETS[net](), CAMERA, PLANE)
    begin = time.process_time()
    fit_detector(detector, CAMERA, images, places, settings, seed)
    cpu_s = time.process_time() - begin
    errors = measure_errors(detector, *render_training_images(robot, held_out, HELD_OUT_SEED))
    metadata = DetectorMetadata(
        camera=CAMERA,
        plane=PLANE,
        lower=LOWER,
        upper=UPPER,
        target=f"a red box of {1e3 * SIDE:g} mm",
        training={
            "robot": robot.name,
            "scenes": scenes,
            "seed": seed,
            "settings": asdict(settings),
            "net": net,
            "cpu_s": round(cpu_s, 1),
            "held_out": {"scenes": held_out, "seed": HELD_OUT_SEED, **errors},
        },
        certificate=(
            detector.net.certificate().to_dict() if isinstance(detector.net, NAISNet) else None
        ),
    )
    return detector, metadata


def measure_errors(
    detector: nn.Module,
    images: NDArray[np.uint8],
    places: NDArray[np.float32],
    noise: float = 0.0,
    seed: int = 0,
) -> dict[str, float]:
    """Measure how far off a detector is.

    Parameters
    ----------
    images, places : see `render_training_images`.
    noise : of 255, standard deviation of white noise that is added.
    seed : of the noise.

    Returns
    -------
    dict
        ``median_mm``, ``p95_mm`` and ``max_mm`` of the distance where the detector is confident
        (0 if it never is), ``all_median_mm`` and ``all_p95_mm`` whether or not; ``found``: share
        of the visible boxes that it is confident of; ``false_positive``: share of the images
        without a visible box in which it is confident of one.
    """
    random = np.random.default_rng(seed)
    position, confidence = [], []
    with torch.inference_mode():
        for start in range(0, len(images), 50):
            pixels = images[start : start + 50].astype(np.float32)
            pixels = (pixels + noise * random.standard_normal(pixels.shape)).clip(0, 255)
            where, sure = detector(torch.from_numpy(pixels.round().astype(np.uint8)))
            position.append(where.numpy())
            confidence.append(sure.numpy())
    sure = np.concatenate(confidence) > CONFIDENT
    distance = 1e3 * np.linalg.norm(np.concatenate(position) - places, axis=1)
    visible = np.isfinite(places[:, 0])
    confident_ones = distance[visible & sure]
    figures: dict[str, Any] = {
        "median_mm": np.median(confident_ones) if len(confident_ones) else 0.0,
        "p95_mm": np.percentile(confident_ones, 95) if len(confident_ones) else 0.0,
        "max_mm": confident_ones.max(initial=0.0),
        "all_median_mm": np.median(distance[visible]) if visible.any() else 0.0,
        "all_p95_mm": np.percentile(distance[visible], 95) if visible.any() else 0.0,
        "found": sure[visible].mean() if visible.any() else 0.0,
        "false_positive": sure[~visible].mean() if (~visible).any() else 0.0,
    }
    return {name: float(f"{value:.4g}") for name, value in figures.items()}
