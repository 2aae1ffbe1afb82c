"""``elcd benchmark sequences``: sequence models beside each other, and their page."""

from __future__ import annotations

import argparse
import json

from elcd_policy.errors import ParameterError

from ..image_folders import add_folders, folders_of, present
from ..images import FOLDERS
from . import PARTS, render_page, run_parts
from .models import MODELS

HELP = "sequence models: accuracy, robustness, speed, early recognition"
RESULTS, PAGE = "benchmarks/results/sequences.jsonl", "docs/sequence_models.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument(
        "--parts",
        help=f"of {','.join(PARTS)}, or none: the page (all; of {' and '.join(FOLDERS)}, what is "
        "there)",
    )
    parser.add_argument("--models", default=";".join(MODELS), metavar="A;B", help="(all)")
    parser.add_argument("--seeds", default="0", help="0,1 (%(default)s)")
    add_folders(parser)
    parser.add_argument("--epochs", type=int, help="of all trainings, to try")
    parser.add_argument("--output", default=RESULTS, help="(%(default)s)")
    parser.add_argument("--page", default=PAGE, help="(%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Run what is not stored yet, then write the page."""
    folders = folders_of(args)
    if args.parts is None:
        there = present(folders)
        parts = [part for part in PARTS if part not in folders or part in there]
    else:
        parts = [] if args.parts == "none" else args.parts.split(",")
    models = args.models.split(";")
    try:
        seeds = [int(seed) for seed in args.seeds.split(",")]
    except ValueError as error:
        raise ParameterError(
            "seeds are not numbers", got=repr(args.seeds), expected="0,1,2"
        ) from error
    added = run_parts(parts, seeds, args.output, models=models, epochs=args.epochs, folders=folders)
    files = [str(path) for path in render_page(args.output, args.page)]
    print(json.dumps({"added": added, "files": files}) if args.json else "\n".join(files))
    return 0
