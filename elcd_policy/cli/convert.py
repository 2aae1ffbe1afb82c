"""Write demonstrations in another format: CSV, NPZ, rosbag2, robomimic HDF5, LeRobot."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..demonstrations import save_demonstrations
from ..demonstrations.writing import FORMATS, check_free
from .source_options import add_source, load_source

EXAMPLE = """example:
  elcd convert data/reach_around bags/ --to mcap
  elcd convert 'bag?/ee_pose' hand.hdf5
  elcd convert dataset.hdf5 csv_files/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    add_source(parser)
    parser.add_argument("target", help="a folder; a file for hdf5")
    parser.add_argument(
        "--to",
        choices=FORMATS,
        help="default: hdf5 for a target ending in .hdf5, csv for any other",
    )
    parser.add_argument("--force", action="store_true", help="write over what is at the target")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Read and write."""
    by_name = "hdf5" if Path(args.target).suffix.lower() in (".hdf5", ".h5") else "csv"
    format = args.to or by_name
    check_free(args.target, args.force, args.source)
    demonstrations = load_source(vars(args))
    target = save_demonstrations(demonstrations, args.target, format)
    facts = {
        "source": args.source,
        "target": str(target),
        "format": format,
        "demonstrations": len(demonstrations),
        "dimension": demonstrations.dimension,
        "units": demonstrations.units,
    }
    if args.json:
        print(json.dumps(facts))
    else:
        print(
            f"{target}: {len(demonstrations)} demonstrations of {demonstrations.dimension} "
            f"coordinates in {demonstrations.units}, as {format}"
        )
    return 0
