"""Learn a contracting policy from demonstrations and write it as one file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from ..demonstrations import load_demonstrations
from ..demonstrations.preparation import inspect
from ..errors import ExportError
from ..evaluation import Scores, evaluate
from ..fields import FIELDS
from ..formats.policy_file import check_target
from ..saving import save
from ..training.fit import DEFAULT_FIELD, fit
from .tables import score_table
from .training_settings import add_settings

EXAMPLE = """example:
  elcd train lasa:Sshape -o sshape.pt
  elcd train my_demonstrations/ -o policy.pt --units m --field monotone
  elcd train lasa:Sshape -o sshape.onnx
  elcd train lasa:Sshape -o stiff.pt --settings return_rate=16
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("source", help="demonstrations: lasa:NAME, a file or a folder")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="policy file, *.pt or *.onnx"
    )
    parser.add_argument(
        "--field", choices=sorted(FIELDS), default=DEFAULT_FIELD, help="default: %(default)s"
    )
    parser.add_argument("--units", help="of the positions, where the source does not say (m)")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    add_settings(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Train, export, certify, and score on the demonstrations themselves.

    Returns
    -------
    0, or 1 if the file was written but is not certified.
    """
    check_target(args.output, (".pt", ".onnx"))
    demonstrations = load_demonstrations(args.source, units=args.units)
    if Path(args.output).suffix == ".onnx" and demonstrations.dimension < 2:
        raise ExportError(
            "a policy of one dimension can't be written as ONNX",
            got=args.output,
            expected="*.pt",
        )
    complaint = inspect(demonstrations).complaint(args.source)
    if complaint:
        print(f"elcd: warning: {complaint}", file=sys.stderr)
    begin = time.process_time()
    policy = fit(demonstrations, args.field, settings=args.settings, seed=args.seed)
    cpu = time.process_time() - begin
    certificate = save(policy, args.output)
    file = Path(args.output)
    scores = evaluate(policy, demonstrations)
    guarantee = policy.metadata.guarantee
    if args.json:
        print(
            json.dumps(
                {
                    "file": str(file),
                    "source": args.source,
                    "seed": args.seed,
                    "cpu_s": cpu,
                    "guarantee": guarantee,
                    "verdict": certificate.verdict,
                    "reasons": certificate.reasons,
                    "units": demonstrations.units,
                    "mean": Scores.mean(scores).to_dict(),
                }
            )
        )
    else:
        print(score_table(scores, demonstrations))
        print(
            f"guarantee  {guarantee['kind']} at {guarantee['rate']:.3g} 1/s, "
            f"{guarantee['rate_times_duration']:.3g} e-foldings per demonstrated duration"
        )
        print(f"verdict    {certificate.summary}")
        print(f"written    {file} ({file.stat().st_size / 1024:.0f} KiB, {cpu:.1f} CPU s)")
    return 0 if certificate.certified else 1
