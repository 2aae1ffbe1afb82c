"""How well the goal is seen, and how NAIS-Nets generalise: docs/perception.md."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from elcd_policy.errors import ParameterError
from elcd_policy.perception import LoadedDetector, load_detector
from elcd_policy.utils.versions import versions
from elcd_policy_sim.robot import load_robot
from elcd_policy_sim.vision.detector_training import DETECTOR, measure_errors
from elcd_policy_sim.vision.training_images import render_training_images

from ..machine import machine
from ..store import append_record
from .generalisation import EPOCHS, measure_generalisation
from .page import PAGE, RESULTS, render

EXAMPLE = """example:
  elcd detector --net cnn -o results/cnn.pt
  elcd benchmark perception goal --detectors results/cnn.pt
  elcd benchmark perception digits
  elcd benchmark perception render
"""
HELP = "error of the goal that is seen, generalisation of NAIS-Nets"

SCENES, SEED = 400, 2_000_000  # held out: training draws its own
EMPTY = 150  # tables without a box
NOISE = (0.0, 5.0, 10.0, 20.0, 40.0, 80.0)  # of 255, standard deviation
SALT = (0.01, 0.05)  # shares of pixels that are black or white
DEEPER = (1, 2, 5, 10)  # times the depth of training
THRESHOLD, CAP = 1e-3, 256  # of pattern-dependent depth; pixels are -0.5 to 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True)
    goal = parts.add_parser("goal", help="error in mm on held-out scenes, and under noise")
    goal.add_argument(
        "--detectors",
        nargs="*",
        type=Path,
        default=[],
        metavar="FILE",
        help="to compare with the package's own",
    )
    goal.add_argument("--scenes", type=int, default=SCENES, help="(%(default)s)")
    digits = parts.add_parser("digits", help="NAIS-Net and ResNet on scikit-learn's digits")
    digits.add_argument("--seeds", default="0,1", help="(%(default)s)")
    digits.add_argument("--epochs", type=int, default=EPOCHS, help="(%(default)s)")
    for part in (goal, digits):
        part.add_argument("--output", default=RESULTS, help="(%(default)s)")
    page = parts.add_parser("render", help="write the page from the stored results")
    page.add_argument("--results", default=RESULTS, help="(%(default)s)")
    page.add_argument("--output", default=PAGE, help="(%(default)s)")
    for part in (goal, digits, page):
        part.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Run the part that is named."""
    if args.part == "render":
        files = [str(path) for path in render(args.results, args.output)]
        print(json.dumps({"files": files}) if args.json else "\n".join(files))
        return 0
    if args.part == "goal":
        records = [measure_goal([DETECTOR, *args.detectors], args.scenes)]
        append_record(args.output, records[0])
    else:
        records = []
        for seed in _seeds(args.seeds):
            records.append(measure_generalisation(seed, args.epochs))
            append_record(args.output, records[-1])
    if args.json:
        print(json.dumps({"file": args.output, "records": records}))
    else:
        print(f"written    {args.output}; for the page: elcd benchmark perception render")
    return 0


def measure_goal(detectors: list[Path], scenes: int = SCENES) -> dict[str, Any]:
    """Measure detectors on one set of held-out scenes; a JSON-ready record.

    Raises
    ------
    ElcdError
        If a detector can't be read, or there is nothing to measure.
    """
    if scenes < 1:
        raise ParameterError("too few scenes", got=scenes, expected="at least 1")
    torch.set_num_threads(1)
    loaded = [load_detector(path) for path in detectors]
    robot = load_robot("panda")
    images, places = render_training_images(robot, scenes, SEED, absent=0.0)
    empty, _ = render_training_images(robot, EMPTY, SEED + 1, absent=1.0)
    bar = tqdm(loaded, desc="detectors", delay=2, file=sys.stderr)
    return {
        "benchmark": "goal",
        "scenes": scenes,
        "hidden": int(np.isnan(places[:, 0]).sum()),
        "empty": EMPTY,
        "rows": [_measured(detector, images, places, empty) for detector in bar],
        "versions": versions(),
        "machine": machine(),
    }


def _measured(
    detector: LoadedDetector,
    images: NDArray[np.uint8],
    places: NDArray[np.float32],
    empty: NDArray[np.uint8],
) -> dict[str, Any]:
    module, training = detector.module, detector.metadata.training
    row: dict[str, Any] = {
        "net": training["net"],
        "seed": training["seed"],
        "scenes": training["scenes"],
        "epochs": training["settings"]["epochs"],
        "training_cpu_s": training["cpu_s"],
        "parameters": sum(p.numel() for p in module.parameters()),
        "noise": {
            f"{size:g}": measure_errors(module, images, places, noise=size) for size in NOISE
        },
        "salt": {
            f"{share:g}": measure_errors(module, _salted(images, share), places) for share in SALT
        },
        "imagined": _imagined(module, empty),
    }
    if training["net"] == "nais":
        row |= _depths(module, images, places)
    if detector.metadata.certificate is not None:
        row["lipschitz_bound"] = detector.metadata.certificate["lipschitz_bound"]
    return row


def _imagined(module: torch.nn.Module, empty: NDArray[np.uint8]) -> float:
    """Share of the tables without a box on which one is found."""
    nowhere = np.full((len(empty), 3), np.nan, np.float32)
    return measure_errors(module, empty, nowhere)["false_positive"]


def _salted(images: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    random = np.random.default_rng(0)
    hit = random.uniform(size=images.shape[:3]) < share
    white = random.uniform(size=images.shape[:3]) < 0.5
    return np.where(hit[..., None], np.where(white, 255, 0)[..., None], images).astype(np.uint8)


def _depths(
    module: torch.jit.ScriptModule, images: NDArray[np.uint8], places: NDArray[np.float32]
) -> dict[str, Any]:
    """Error when unrolled deeper than trained, and steps until an image is at rest."""
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


def _seeds(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise ParameterError("seeds are not numbers", got=repr(text), expected="0,1") from error
