"""Error of the goal that a detector sees on held-out scenes, under noise, and at other depths."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from elcd_policy.perception import load_detector
from elcd_policy_sim.robot import load_robot
from elcd_policy_sim.vision.detector_training import measure_errors
from elcd_policy_sim.vision.training_images import render_training_images

from .jobs import SCENES

SEED = 2_000_000  # held out: training draws its own
EMPTY = 150  # tables without a box
NOISE = (0.0, 5.0, 10.0, 20.0, 40.0, 80.0)  # of 255, standard deviation
SALT = (0.01, 0.05)  # shares of pixels that are black or white
DEEPER = (1, 2, 5, 10)  # times the depth of training
THRESHOLD, CAP = 1e-3, 256  # of pattern-dependent depth; pixels are -0.5 to 0.5


def measure_goal(path: str, scenes: int = SCENES) -> dict[str, Any]:
    """Measure a detector on held-out scenes; return a JSON-ready result.

    Raises
    ------
    ElcdError
        If the detector can't be read.
    """
    detector = load_detector(path)
    images, places, empty = _scenes(scenes)
    module, training = detector.module, detector.metadata.training
    row: dict[str, Any] = {
        "net": training["net"],
        "seed": training["seed"],
        "trained_on": training["scenes"],
        "epochs": training["settings"]["epochs"],
        "training_cpu_s": training["cpu_s"],
        "parameters": sum(p.numel() for p in module.parameters()),
        "noise": {
            f"{size:g}": measure_errors(module, images, places, noise=size) for size in NOISE
        },
        "salt": {
            f"{share:g}": measure_errors(module, _add_salt(images, share), places) for share in SALT
        },
        "false_positives": _false_positives(module, empty),
        "hidden": int(np.isnan(places[:, 0]).sum()),
    }
    if training["net"] == "nais":
        row |= _depths(module, images, places)
    if detector.metadata.certificate is not None:
        row["lipschitz_bound"] = detector.metadata.certificate["lipschitz_bound"]
    return row


@cache
def _scenes(count: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]:
    """Return images and places of the box, and images without one."""
    robot = load_robot("panda")
    images, places = render_training_images(robot, count, SEED, absent=0.0)
    empty, _ = render_training_images(robot, EMPTY, SEED + 1, absent=1.0)
    return images, places, empty


def _false_positives(module: torch.nn.Module, empty: NDArray[np.uint8]) -> float:
    """Return the share of the tables without a box on which one is found."""
    nowhere = np.full((len(empty), 3), np.nan, np.float32)
    return measure_errors(module, empty, nowhere)["false_positive"]


def _add_salt(images: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    random = np.random.default_rng(0)
    hit = random.uniform(size=images.shape[:3]) < share
    white = random.uniform(size=images.shape[:3]) < 0.5
    return np.where(hit[..., None], np.where(white, 255, 0)[..., None], images).astype(np.uint8)


def _depths(
    module: torch.jit.ScriptModule, images: NDArray[np.uint8], places: NDArray[np.float32]
) -> dict[str, Any]:
    """Return the error when unrolled deeper than trained, and steps until an image is at rest."""
    net = module.net
    trained = int(getattr(net.blocks, "0").depth)  # TorchScript has no index
    few, where = images[:150], places[:150]
    deeper = {}
    for times in DEEPER:
        net.set_depth(times * trained, 0.0)
        deeper[str(times)] = measure_errors(module, few, where)
    net.set_depth(CAP, THRESHOLD)
    with torch.inference_mode():
        pixels = torch.from_numpy(few).permute(0, 3, 1, 2).float() / 255.0 - 0.5
        _, steps = net.unroll(torch.nn.functional.pixel_unshuffle(pixels, 3))
    at_rest = measure_errors(module, few, where)
    net.set_depth(trained, 0.0)
    return {
        "depth": trained,
        "deeper": deeper,
        "at_rest": at_rest,
        "steps_5_50_95": np.percentile(steps.numpy(), [5, 50, 95], axis=0).T.tolist(),
    }
