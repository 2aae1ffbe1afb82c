"""Trim, smooth and resample raw demonstrations; report what only new ones would mend."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ..demonstrations import save_demonstrations
from ..demonstrations.preparation import inspect, prepare
from ..demonstrations.preparation.smoothing import CUTOFF
from ..demonstrations.writing import check_free
from ..plotting import plot_preparation
from .source_options import add_source, load_source

PICTURE = "preparation.png"
EXAMPLE = """example:
  elcd prepare recordings/ -o prepared/
  elcd prepare raw.csv -o prepared/ --units mm --cutoff 2.5
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    add_source(parser)
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder of CSV files")
    parser.add_argument(
        "--cutoff",
        type=float,
        default=CUTOFF,
        metavar="HZ",
        help="what moves faster is taken for trembling and noise (default: %(default)s Hz)",
    )
    parser.add_argument("--force", action="store_true", help="replace what DIR holds")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Write the prepared demonstrations and a picture.

    Returns
    -------
    0, or 1 if something remains that preparing can't mend.
    """
    raw = load_source(vars(args))
    check_free(args.output, args.force, args.source)
    findings, prepared = inspect(raw), prepare(raw, args.cutoff)
    after = inspect(prepared)
    folder = save_demonstrations(prepared, args.output)
    picture = Path(folder, PICTURE)
    plot_preparation(raw, prepared, findings, title=str(args.source), path=picture)
    if args.json:
        answer = {"source": args.source, "folder": str(folder), "picture": str(picture)}
        print(json.dumps(answer | {"before": findings.to_dict(), "after": after.to_dict()}))
        return 1 if after.warnings else 0
    print(f"{'':16}{'rest':>8}{'motion':>9}{'rest':>8}")
    for demonstration, (start, end), duration in zip(
        raw, findings.rest, findings.duration, strict=True
    ):
        print(f"{demonstration.name[:15]:16}{start:6.2f} s{duration:7.2f} s{end:6.2f} s")
    share = after.end_spread / after.extent
    lines = {
        "noise": f"{findings.noise:.3g} -> {after.noise:.3g} times the motion's velocity",
        "ends": f"{after.end_spread:.3g} {raw.units} apart (r.m.s.), {share:.1%} of the extent",
        "opposed": f"{after.contradictory:.1%} of the samples pass another one the opposite way",
        "samples": f"{int(np.sum([len(demonstration.time) for demonstration in prepared]))} "
        f"in {len(prepared)} demonstrations",
        "written": f"{folder}, {picture}",
    }
    print("\n".join(f"{name:10} {text}" for name, text in lines.items()))
    for warning in after.warnings:
        print(f"warning    {warning}: record these demonstrations again")
    return 1 if after.warnings else 0
