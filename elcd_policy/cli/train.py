"""Learn a contracting policy from demonstrations and write it as one file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from shlex import quote

from ..demonstrations import DemonstrationSet
from ..demonstrations.inspection import Finding, choose_ends, detect
from ..demonstrations.preparation import inspect
from ..errors import ExportError
from ..evaluation import Scores, evaluate, judge
from ..fields import FIELDS
from ..formats.policy_file import check_target
from ..metadata import ENDS
from ..plotting import check_picture, plot_fit
from ..saving import save
from ..training.fit import DEFAULT_FIELD, fit
from .source_options import add_source, load_source
from .tables import score_table
from .training_settings import add_settings

EXAMPLE = """example:
  elcd train lasa:Sshape -o sshape.pt
  elcd train my_demonstrations/ -o policy.pt --units m --field monotone
  elcd train lasa:Sshape -o sshape.onnx --plot sshape.png
  elcd train boxes/ -o open_box.pt --goal each
  elcd train lasa:Sshape -o stiff.pt --settings return_rate=16
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    add_source(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="policy file, *.pt or *.onnx"
    )
    parser.add_argument(
        "--field", choices=sorted(FIELDS), default=DEFAULT_FIELD, help="default: %(default)s"
    )
    parser.add_argument(
        "--goal",
        choices=("auto", *ENDS),
        default="auto",
        help="mean: lead all demonstrations to one end, the median of theirs; each: learn each "
        "relative to its own end, and set the goal at run time; auto: each where ends differ by "
        "more than 5 %% of the extent and the paths agree relative to them",
    )
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--plot", metavar="FILE", help="draw what was shown and what is done: .png, .pdf or .svg"
    )
    add_settings(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Train, save, certify, and judge on the demonstrations themselves.

    Returns
    -------
    0, or 1 if the file was written but is not certified, or the motion is not followed.
    """
    check_target(args.output, (".pt", ".onnx"))
    demonstrations = load_source(vars(args))
    if Path(args.output).suffix == ".onnx" and demonstrations.dimension < 2:
        raise ExportError(
            "a policy of one dimension can't be written as ONNX",
            got=args.output,
            expected="*.pt",
        )
    if args.plot is not None:
        check_picture(args.plot)
    ends = choose_ends(demonstrations) if args.goal == "auto" else args.goal
    findings = _warn(demonstrations, args.source, ends)
    begin = time.process_time()
    policy = fit(demonstrations, args.field, settings=args.settings, goal=ends, seed=args.seed)
    cpu = time.process_time() - begin
    verdict = judge(policy, demonstrations, findings)
    policy.metadata.fit = verdict.to_dict()
    certificate = save(policy, args.output)
    file = Path(args.output)
    scores = evaluate(policy, demonstrations)
    if args.plot is not None:
        plot_fit(policy, demonstrations, title=verdict.summary, path=args.plot)
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
                    "findings": [finding.to_dict() for finding in findings],
                    "fit": verdict.to_dict(),
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
        print(f"motion     {verdict.summary}")
        print(f"written    {file} ({file.stat().st_size / 1024:.0f} KiB, {cpu:.1f} CPU s)")
    return 0 if certificate.certified and verdict.passed else 1


def _warn(demonstrations: DemonstrationSet, source: str, ends: str) -> list[Finding]:
    """Say on stderr what is hard about demonstrations before they are trained on."""
    findings = detect(demonstrations)
    lines = []
    for finding in findings:
        advice = finding.advice
        if finding.kind == "ends" and ends == "each":
            advice = "each is learned relative to its own end: set the goal at run time"
        lines.append(str(replace(finding, advice=advice)))
    mendable = inspect(demonstrations).mendable
    if mendable:
        care = f"these demonstrations need care: {'; '.join(mendable)}"
        lines.append(f"{care}; run: elcd prepare {quote(source)} -o DIR")
    for line in lines:
        print(f"elcd: warning: {line}", file=sys.stderr)
    return findings
