"""Train a detector of the red box on rendered pictures, and write it as one file."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from elcd_policy.errors import ParameterError
from elcd_policy.perception import (
    DetectorMetadata,
    DetectorSettings,
    GoalDetector,
    NAISNet,
    fit_detector,
    save_detector,
)
from elcd_policy.perception.detector import NETS

from ..robot import load_robot
from .camera import CAMERA
from .scenes import rendered_scenes
from .table import LOWER, PLANE, SIDE, UPPER

EXAMPLE = """example:
  elcd detector -o detector.pt
  elcd detector -o quick.pt --scenes 600 --epochs 6
"""
DETECTOR = Path(__file__).parent / "detectors" / "red_box.pt"
"""The one that comes with the package: ``elcd detector -o sim/vision/detectors/red_box.pt``."""

SCENES, EPOCHS = 3000, 10
HELD_OUT, HELD_OUT_SEED = 300, 1_000_000
CONFIDENT = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--robot", default="panda", help="the arm in the pictures (%(default)s)")
    parser.add_argument("--scenes", type=int, default=SCENES, help="to learn from (%(default)s)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="(%(default)s)")
    parser.add_argument("--net", choices=list(NETS), default="nais", help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of scenes and training (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Train, measure on held-out scenes, write."""
    if args.scenes < 1:
        raise ParameterError("too few scenes", got=args.scenes, expected="at least 1")
    settings = DetectorSettings(epochs=args.epochs)
    robot = load_robot(args.robot)
    images, places = rendered_scenes(robot, args.scenes, args.seed)
    detector, cpu_s = trained(args.net, images, places, settings, args.seed)
    held_out = rendered_scenes(robot, HELD_OUT, HELD_OUT_SEED)
    found = errors(detector, *held_out)
    training = {
        "robot": robot.name,
        "scenes": args.scenes,
        "seed": args.seed,
        "settings": asdict(settings),
        "net": args.net,
        "cpu_s": round(cpu_s, 1),
        "held_out": {"scenes": HELD_OUT, "seed": HELD_OUT_SEED, **found},
    }
    net = detector.net
    metadata = DetectorMetadata(
        camera=CAMERA,
        plane=PLANE,
        lower=LOWER,
        upper=UPPER,
        target=f"a red box of {1e3 * SIDE:g} mm",
        training=training,
        certificate=net.certificate().to_dict() if isinstance(net, NAISNet) else None,
    )
    save_detector(detector, metadata, args.output)
    if args.json:
        print(json.dumps({"file": str(args.output), **training}))
    else:
        print(f"error      {found['median_mm']:.1f} mm median, {found['p95_mm']:.1f} mm p95")
        print(f"seen       {100 * found['found']:.1f} % of the boxes that can be seen")
        print(f"imagined   {100 * found['imagined']:.1f} % where hardly one or none is to be seen")
        print(f"written    {args.output}")
    return 0


def trained(
    net: str,
    images: NDArray[np.uint8],
    places: NDArray[np.float32],
    settings: DetectorSettings,
    seed: int,
) -> tuple[GoalDetector, float]:
    """A detector trained on pictures, and the CPU time that took, in s."""
    torch.manual_seed(seed)
    detector = GoalDetector(NETS[net](), CAMERA, PLANE)
    begin = time.process_time()
    fit_detector(detector, CAMERA, images, places, settings, seed)
    return detector, time.process_time() - begin


def errors(
    detector: nn.Module,
    images: NDArray[np.uint8],
    places: NDArray[np.float32],
    noise: float = 0.0,
    seed: int = 0,
) -> dict[str, float]:
    """How far off a detector is.

    Parameters
    ----------
    images, places : see `rendered_scenes`.
    noise : of 255, standard deviation of white noise that is added.
    seed : of the noise.

    Returns
    -------
    ``median_mm``, ``p95_mm`` and ``max_mm`` of the distance where the detector is confident (0 if
    it never is),
    ``all_median_mm`` and ``all_p95_mm`` whether or not; ``found``: share of the visible boxes
    that it is confident of; ``imagined``: of the pictures where hardly one or none is to be seen.
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
    told = distance[visible & sure]
    figures: dict[str, Any] = {
        "median_mm": np.median(told) if len(told) else 0.0,
        "p95_mm": np.percentile(told, 95) if len(told) else 0.0,
        "max_mm": told.max(initial=0.0),
        "all_median_mm": np.median(distance[visible]) if visible.any() else 0.0,
        "all_p95_mm": np.percentile(distance[visible], 95) if visible.any() else 0.0,
        "found": sure[visible].mean() if visible.any() else 0.0,
        "imagined": sure[~visible].mean() if (~visible).any() else 0.0,
    }
    return {name: float(f"{value:.4g}") for name, value in figures.items()}
