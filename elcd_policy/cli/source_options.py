"""The options of commands that read demonstrations, and what reading them has to say."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from ..demonstrations import DemonstrationSet, load_demonstrations
from ..demonstrations.source import GAPS, TIME_UNITS

HELP = "demonstrations: lasa:NAME, a file or a folder, behind '?' what of it: 'a.csv?x,y,z'"
MOST_REMARKS = 8


def add_source(parser: argparse.ArgumentParser, optional: str = "") -> None:
    """Describe the source and its options; ``optional`` says what its absence means."""
    if optional:
        parser.add_argument("source", nargs="?", help=f"{HELP} (default: {optional})")
    else:
        parser.add_argument("source", help=HELP)
    add_source_options(parser)


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Describe the options of a source."""
    group = parser.add_argument_group("how the source is read")
    group.add_argument(
        "--units", help="of the coordinates, over what the source says: mm; mm,deg; x=mm,roll=deg"
    )
    group.add_argument("--time-unit", choices=TIME_UNITS, help="of its clock")
    group.add_argument("--rate", type=float, metavar="HZ", help="of a source without a clock")
    group.add_argument(
        "--gaps", choices=GAPS, help="refuse holes in a recording, keep what follows, or bridge"
    )
    group.add_argument(
        "--drop", action="append", default=[], metavar="NAME", help="leave a demonstration out"
    )


def load_source(options: Mapping[str, Any], source: str | None = None) -> DemonstrationSet:
    """Load what the options of `add_source` name; say on stderr what was left out or mended."""
    keys = ("units", "time_unit", "rate", "gaps", "drop")
    demonstrations = load_demonstrations(
        options["source"] if source is None else source, **{key: options[key] for key in keys}
    )
    remarks = list(demonstrations.remarks)
    if len(remarks) > MOST_REMARKS:
        more = f"and {len(remarks) - MOST_REMARKS + 1} more such remarks"
        remarks = [*remarks[: MOST_REMARKS - 1], more]
    for remark in remarks:
        print(f"elcd: note: {remark}", file=sys.stderr)
    return demonstrations
