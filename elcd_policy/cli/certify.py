"""State what is guaranteed of a policy, skill or detector file, check it, give a verdict."""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path

from ..certificate import NOT_CERTIFIED, Certificate, certify
from ..errors import PolicyFileError
from ..formats.archive import METADATA_FILE
from .network_files import find_describer

EXAMPLE = """example:
  elcd certify sshape.pt
"""
WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", metavar="file", help="of a policy, of skills or of a detector")
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
    if args.json:
        print(json.dumps({"policy": args.policy, **certificate.to_dict()}))
    else:
        print(_table(certificate))
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
    return "\n".join([*lines, "", f"verdict  {certificate.summary}"])


def _paragraph(title: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"    {title}  ", subsequent_indent=" " * (6 + len(title))
    )
