"""Train a detector of the red box on rendered images, and write it as one file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from elcd_policy.perception import save_detector
from elcd_policy.perception.detector import NETS
from elcd_policy.utils.files import check_output

from ..robot import load_robot
from .compress_detector import compress_file
from .detector_training import EPOCHS, SCENES, train_detector

#: `elcd compress` of a detector file asks for ``compress_file``.
__all__ = ["add_arguments", "compress_file", "run"]

EXAMPLE = """example:
  elcd detector -o detector.pt
  elcd detector -o quick.pt --scenes 600 --epochs 6
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--robot", default="panda", help="the arm in the images (%(default)s)")
    parser.add_argument("--scenes", type=int, default=SCENES, help="to learn from (%(default)s)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="(%(default)s)")
    parser.add_argument("--net", choices=list(NETS), default="nais", help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of scenes and training (%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Train, measure on held-out scenes, write."""
    check_output(args.output)
    detector, metadata = train_detector(
        load_robot(args.robot),
        scenes=args.scenes,
        epochs=args.epochs,
        net=args.net,
        seed=args.seed,
    )
    save_detector(detector, metadata, args.output)
    errors = metadata.training["held_out"]
    if args.json:
        print(json.dumps({"file": str(args.output), **metadata.training}))
    else:
        print(f"error           {errors['median_mm']:.1f} mm median, {errors['p95_mm']:.1f} mm p95")
        print(f"found           {100 * errors['found']:.1f} % of the visible boxes")
        print(f"false positive  {100 * errors['false_positive']:.1f} % of images without one")
        print(f"written         {args.output}")
    return 0
