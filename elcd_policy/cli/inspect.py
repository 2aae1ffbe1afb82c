"""Describe demonstrations: what they are, and what a policy would find hard about them."""

from __future__ import annotations

import argparse
import json

import numpy as np

from ..demonstrations.inspection import Description, describe, length_in
from ..plotting import check_picture, plot_demonstrations
from .source_options import add_source, load_source

EXAMPLE = """example:
  elcd inspect recordings/ --plot recordings.png
  elcd inspect 'export.csv?x,y,z' --time-unit ms
  elcd inspect 'bags?/joint_states' --drop demo_3 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    add_source(parser)
    parser.add_argument("--plot", metavar="FILE", help="draw them: .png, .pdf or .svg")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Describe and draw.

    Returns
    -------
    0, or 1 if something was found that a policy would not learn well.
    """
    if args.plot is not None:
        check_picture(args.plot)
    options = vars(args)
    # A gap is described, not refused.
    demonstrations = load_source(options | {"gaps": args.gaps or "bridge"})
    description = describe(demonstrations)
    if args.plot is not None:
        plot_demonstrations(demonstrations, description.findings, title=args.source, path=args.plot)
    print(json.dumps(description.to_dict()) if args.json else _text(description, args.source))
    return 1 if description.lines else 0


def _text(description: Description, source: str) -> str:
    demos = description.demonstrations
    lower, upper = demos.workspace
    lines = [
        f"{source}: {len(demos)} demonstrations"
        + "".join(f", {key} {value}" for key, value in _list_facts(demos.frame, demos.robot)),
        "",
        f"{'coordinate':24}{'unit':>6}{'from':>12}{'to':>12}{'goal':>12}",
    ]
    table = zip(demos.names, demos.coordinate_units, lower, upper, demos.goal, strict=True)
    lines += [f"{n[:23]:24}{u:>6}{a:12.4g}{b:12.4g}{g:12.4g}" for n, u, a, b, g in table]
    head = ("samples", "rate", "gap", "motion", "rests", "outliers", "end off")
    lines += ["", f"{'demonstration':20}" + "".join(f"{word:>13}" for word in head)]
    for each in description.members:
        rests = "{:.2f}, {:.2f} s".format(*each.rests)
        cells = (
            f"{each.samples}",
            f"{each.rate:.4g} Hz",
            f"{each.longest_step:.2g} s",
            f"{each.duration:.2f} s",
            rests,
            f"{each.outliers}",
            length_in(demos, each.end),
        )
        lines.append(f"{each.name[:19]:20}" + "".join(f"{cell:>13}" for cell in cells))
    noise, opposed = description.preparation.noise, description.preparation
    lines += [
        "",
        f"noise      {noise:.2g} times the motion's velocity",
        f"opposed    {opposed.contradictory:.0%} of the samples pass another demonstration the "
        f"opposite way"
        + (
            f" ({opposed.contradictory_positions:.0%} without their orientation)"
            if demos.orientation is not None
            else ""
        ),
    ]
    starts = np.array([demo.position[0] for demo in demos])
    spread = float(np.linalg.norm(np.ptp(starts, axis=0)[: 3 if len(demos.names) == 6 else None]))
    lines.append(f"starts     {length_in(demos, spread)} apart")
    found = [f"found      {line}" for line in description.lines]
    return "\n".join([*lines, *(found or ["found      nothing that stands in the way"])])


def _list_facts(frame: str, robot: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in (("frame", frame), ("robot", robot)) if value]
