"""Trim, smooth and resample raw demonstrations; report what only new ones would mend."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ..demonstrations import save_demonstrations
from ..demonstrations.inspection import detect, length_in
from ..demonstrations.preparation import inspect, measure_moved, prepare
from ..demonstrations.preparation.prepare import MOVED, SLOWED
from ..demonstrations.preparation.smoothing import CUTOFF, CYCLES
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
        metavar="HZ",
        help=f"what moves faster is taken for noise (default: {CUTOFF:g} Hz, more for motions "
        f"shorter than {CYCLES / CUTOFF:g} s)",
    )
    parser.add_argument("--force", action="store_true", help="replace what DIR holds")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Write the prepared demonstrations and a picture.

    Returns
    -------
    0, or 1 if something remains that preparing can't mend, or it moved a motion too far.
    """
    raw = load_source(vars(args))
    check_free(args.output, args.force, args.source)
    folder = Path(args.output)
    findings, prepared = inspect(raw), prepare(raw, args.cutoff)
    after, moved = inspect(prepared), measure_moved(raw, prepared, args.cutoff)
    hard = [str(finding) for finding in detect(prepared)] + after.warnings
    save_demonstrations(prepared, folder)
    picture = folder / PICTURE
    plot_preparation(raw, prepared, findings, title=str(args.source), path=picture)
    status = 1 if hard or moved.too_far else 0
    if args.json:
        answer = {"source": args.source, "folder": str(folder), "picture": str(picture)}
        answer |= {"moved": moved.to_dict(), "findings": hard}
        print(json.dumps(answer | {"before": findings.to_dict(), "after": after.to_dict()}))
        return status
    print(f"{'':16}{'rest':>8}{'motion':>9}{'rest':>8}{'outliers':>10}")
    for name, (start, end), duration, outliers in zip(
        findings.names, findings.rest, findings.duration, findings.outliers, strict=True
    ):
        print(f"{name[:15]:16}{start:6.2f} s{duration:7.2f} s{end:6.2f} s{outliers:10}")
    share = after.end_spread / after.extent
    lines = {
        "noise": f"{findings.noise:.3g} -> {after.noise:.3g} times the motion's velocity",
        "moved": f"paths by {length_in(raw, moved.path)} (r.m.s.), ends by "
        f"{length_in(raw, moved.ends)} at most; peak speeds are {moved.speed:.0%} lower",
        "ends": f"{after.end_spread:.3g} {raw.units} apart (r.m.s.), {share:.1%} of the extent",
        "opposed": f"{after.contradictory:.1%} of the samples pass another one the opposite way",
        "samples": f"{int(np.sum([len(demonstration.time) for demonstration in prepared]))} "
        f"in {len(prepared)} demonstrations",
        "written": f"{folder}, {picture}",
    }
    print("\n".join(f"{name:10} {text}" for name, text in lines.items()))
    for line in hard:
        print(f"found      {line}")
    if moved.too_far:
        print(
            f"warning    {moved.name} is another motion now, by more than {MOVED:.0%} of the "
            f"extent or {SLOWED:.0%} of the peak speed; raise --cutoff"
        )
    return status
