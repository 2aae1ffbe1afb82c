"""State what is guaranteed of a policy, skill or detector file, check it, give a verdict."""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path

from ..certificate import NOT_CERTIFIED, Certificate, certify
from ..certificate.reach import Reach, enclose_reach
from ..errors import PolicyFileError
from ..formats.archive import METADATA_FILE
from .network_files import find_describer

EXAMPLE = """example:
  elcd certify sshape.pt
  elcd certify sshape.pt --enclose 3    from starts within 3 mm, each way, of those demonstrated
"""
WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", metavar="file", help="of a policy, of skills or of a detector")
    parser.add_argument(
        "--enclose",
        metavar="R",
        type=float,
        help="enclose every motion from starts within R, in each coordinate and in the policy's "
        "units, of a demonstrated one: half a minute to some minutes, up to three dimensions",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Certify; 0 if the file is certified, else 1.

    Raises
    ------
    PolicyFileError
        If the file is none of this library's.
    """
    other = find_describer(args.policy)
    if other is not None:
        return int(other.certify(args.policy, args.json))
    try:
        certificate = certify(args.policy)
    except PolicyFileError as error:
        if not _was_policy_file(Path(args.policy)):
            raise
        # A policy file is there and can't be trusted: that is an answer.
        answer = {"policy": args.policy, "verdict": NOT_CERTIFIED, "reasons": [str(error)]}
        print(json.dumps(answer) if args.json else f"verdict  {NOT_CERTIFIED}: {error}")
        return 1
    reach = None
    if args.enclose is not None and certificate.certified:
        reach = enclose_reach(args.policy, args.enclose)
    if args.json:
        answer = {"policy": args.policy, **certificate.to_dict()}
        print(json.dumps(answer if reach is None else {**answer, "reach": reach.to_dict()}))
    else:
        rows = [] if reach is None else [_format_reach(reach, certificate.units), ""]
        print("\n".join([_table(certificate), "", *rows, f"verdict  {certificate.summary}"]))
    return 0 if certificate.certified else 1


def _was_policy_file(path: Path) -> bool:
    """Return whether a file, perhaps damaged, holds the metadata of this library."""
    return path.is_file() and METADATA_FILE.encode() in path.read_bytes()


def _table(certificate: Certificate) -> str:
    points = ", ".join(f"{count} {region}" for region, count in certificate.points.items())
    lines = [
        "By construction, for whatever weights",
        f"  field   {certificate.field} behind {certificate.flow or 'no flow'}",
        f"  kind    {certificate.kind}",
        f"  metric  {certificate.metric}",
        f"  rate c  {certificate.rate:.4g} 1/s, "
        f"{certificate.rate_times_duration:.4g} e-foldings per demonstrated duration",
    ]
    if certificate.checks:
        width = max(len(check.name) for check in certificate.checks)
        lines += ["", "Checked in float64 by the file's own methods", f"  at {points}"]
        lines.append(f"  {'':{width}}  {'largest':>10}  {'at most':>8}")
        lines += [
            f"  {check.name:{width}}  {check.value:10.3g}  {check.limit:8.1g} {check.unit:4}  "
            f"{'holds' if check.passed else 'FAILS'}"
            for check in certificate.checks
        ]
    if certificate.bounds is not None:
        bounds, units = certificate.bounds, certificate.units
        lines += [
            "",
            "In data space, from the demonstrated starts (sampled)",
            f"  |x(t) - x*| <= {bounds.factor:.3g} exp(-c t) |x0 - x*|",
            f"  never farther than {bounds.farthest:.4g} {units} from the goal: an overshoot of at "
            f"most {bounds.overshoot:.4g} {units}",
            f"  beyond the farthest start, {bounds.start:.4g} {units}; "
            f"the motions themselves get {bounds.rollouts:.4g} {units} away",
        ]
    if certificate.effects:
        lines += ["", "What the robot's side does to it"]
    for effect in certificate.effects:
        lines.append(f"  {effect.of}")
        lines += _paragraph("keeps", effect.keeps) + _paragraph("loses", effect.loses)
    return "\n".join(lines)


def _format_reach(reach: Reach, units: str) -> str:
    lines = [
        f"Enclosed, not sampled: every motion from within {reach.radius:.4g} {units}, in each "
        "coordinate, of a demonstrated start",
        f"  never farther than {reach.farthest:.4g} {units} from the goal "
        f"(sampled motions: {reach.sampled_farthest:.4g})",
        f"  never faster than {reach.speed:.4g} {units}/s (sampled: {reach.sampled_speed:.4g})",
    ]
    near = f"{reach.tolerance:.3g} {units} of the goal"
    if reach.settled is None:
        return "\n".join([*lines, f"  within {near} later than {reach.times[-1]:.3g} s"])
    return "\n".join([*lines, f"  within {near} from {reach.settled:.3g} s on"])


def _paragraph(title: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"    {title}  ", subsequent_indent=" " * (6 + len(title))
    )
