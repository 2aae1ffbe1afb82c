"""Score a policy on demonstrations: distances in their own units; of poses in mm and in deg."""

from __future__ import annotations

import argparse
import json

from ..evaluation import Scores, evaluate, judge
from ..formats import load
from .score_table import score_table
from .source_options import add_source, load_source

EXAMPLE = """example:
  elcd evaluate sshape.pt lasa:Sshape
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", help="policy file")
    add_source(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Roll the policy out from each demonstration's start and compare.

    Returns
    -------
    0, or 1 if it does not follow them.
    """
    policy = load(args.policy)
    demonstrations = load_source(vars(args))
    scores = evaluate(policy, demonstrations)
    verdict = judge(policy, demonstrations)
    if args.json:
        print(
            json.dumps(
                {
                    "policy": args.policy,
                    "source": args.source,
                    "units": demonstrations.units,
                    "fit": verdict.to_dict(),
                    "mean": Scores.mean(scores).to_dict(),
                    "demonstrations": [score.to_dict() for score in scores],
                }
            )
        )
    else:
        print(score_table(scores, demonstrations))
        print(f"motion     {verdict.summary}")
    return 0 if verdict.passed else 1
