"""Say what a policy, skill or detector file holds."""

from __future__ import annotations

import argparse
import json
import math

from ..certificate import CERTIFIED, NOT_CERTIFIED, certificate_fault
from ..formats import load
from ..metadata import Orientation, point_text
from .network_files import find_describer

EXAMPLE = """example:
  elcd info sshape.pt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", metavar="file", help="of a policy, of skills or of a detector")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Print the metadata."""
    other = find_describer(args.policy)
    if other is not None:
        return int(other.info(args.policy, args.json))
    policy = load(args.policy)
    facts = policy.metadata
    if args.json:
        print(json.dumps(facts.to_dict()))
        return 0
    fault = certificate_fault(policy)
    lower, upper = facts.workspace
    placed, turning = facts.placement, facts.orientation
    lines = {
        "source": f"{facts.source}, seed {facts.seed}",
        "dimension": f"{facts.dimension}, in {facts.units}" + (" and rad" if turning else ""),
        "goal": point_text(facts.goal),
        "workspace": f"{point_text(lower)} to {point_text(upper)}",
        "duration": f"{facts.duration:.3g} s, {len(facts.starts)} demonstrations",
        "guarantee": f"{facts.guarantee['kind']} at {facts.guarantee['rate']:.3g} 1/s "
        f"({facts.guarantee['field']})",
        "verdict": f"{NOT_CERTIFIED}: {fault}" if fault else CERTIFIED,
        "motion": "not judged" if facts.fit is None else str(facts.fit["summary"]),
        "placement": "none"
        if placed is None
        else f"origin {point_text(placed.origin.tolist())} m, "
        f"{placed.metres_per_unit:.3g} m per {facts.units}",
        **({} if turning is None else {"rotation": _orientation(turning)}),
        "weights": facts.weights_hash[:12],
        "versions": ", ".join(f"{name} {value}" for name, value in facts.versions.items()),
    }
    print("\n".join(f"{name:10} {text}" for name, text in lines.items()))
    return 0


def _orientation(stored: Orientation) -> str:
    return (
        f"vectors from {point_text(stored.reference)} (x y z w), up to "
        f"{180 - math.degrees(stored.margin):.4g} deg; a rad weighs as {stored.length:.3g}"
    )
