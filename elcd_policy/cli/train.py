"""Learn a contracting policy from demonstrations and write it as one file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

from ..demonstrations import DemonstrationSet
from ..demonstrations.inspection import Finding, choose_ends, detect, split_by_way
from ..demonstrations.preparation import inspect
from ..errors import ExportError, ParameterError
from ..evaluation import Scores, evaluate, judge
from ..fields import FIELDS
from ..formats.policy_file import check_target
from ..metadata import ENDS
from ..modes import SUFFIX, save_modes
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
  elcd train around_the_post/ -o around.pt --modes 2
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
    parser.add_argument(
        "--modes",
        type=int,
        default=1,
        metavar="N",
        help="train a policy for each of N ways that the demonstrations go, in FILE_1, FILE_2, "
        f"..., and write which one a start calls for, in FILE{SUFFIX}",
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
    output = check_target(args.output, (".pt", ".onnx"))
    if args.modes < 1:
        raise ParameterError("no such number of modes", got=args.modes, expected="1 or more")
    demonstrations = load_source(vars(args))
    if output.suffix == ".onnx" and demonstrations.dimension < 2:
        raise ExportError(
            "a policy of one dimension can't be written as ONNX",
            got=args.output,
            expected="*.pt",
        )
    if args.plot is not None:
        check_picture(args.plot)
    if args.modes > 1:
        return _train_modes(args, demonstrations, output)
    ends = choose_ends(demonstrations) if args.goal == "auto" else args.goal
    findings = _warn(demonstrations, args.source, ends)
    report, passed = _train(args, demonstrations, output, args.plot, ends, findings)
    if args.json:
        print(json.dumps(report))
    return 0 if passed else 1


def _train_modes(args: argparse.Namespace, demonstrations: DemonstrationSet, output: Path) -> int:
    """Train a policy for each way, in files with a number, and write the choice by the start."""
    groups = split_by_way(demonstrations, args.modes)
    reports, files, passed = [], [], True
    for number, group in enumerate(groups, start=1):
        part = demonstrations.subset(group)
        names = ", ".join(each.name or str(k) for k, each in zip(group, part, strict=True))
        print(f"elcd: mode {number} of {len(groups)}: {names}", file=sys.stderr)
        ends = choose_ends(part) if args.goal == "auto" else args.goal
        findings = _warn(part, args.source, ends)
        files.append(_numbered(output, number))
        picture = None if args.plot is None else _numbered(Path(args.plot), number)
        report, good = _train(args, part, files[-1], picture, ends, findings)
        reports.append(report | {"demonstrations": list(group)})
        passed &= good
    size = 3 if demonstrations.orientation is not None else demonstrations.dimension
    starts = [[demonstrations[k].position[0][:size] for k in group] for group in groups]
    selector = save_modes(output.with_suffix(SUFFIX), files, starts)
    if args.json:
        print(json.dumps({"selector": str(selector), "modes": reports}))
    else:
        print(f"choice     {selector}: by the nearest demonstrated start")
    return 0 if passed else 1


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}_{number}{path.suffix}")


def _train(
    args: argparse.Namespace,
    demonstrations: DemonstrationSet,
    output: Path,
    picture: str | Path | None,
    ends: str,
    findings: list[Finding],
) -> tuple[dict[str, Any], bool]:
    """Train, save and judge one policy; what there is to say of it, and whether it is good."""
    begin = time.process_time()
    policy = fit(demonstrations, args.field, settings=args.settings, goal=ends, seed=args.seed)
    cpu = time.process_time() - begin
    verdict = judge(policy, demonstrations, findings)
    policy.metadata.fit = verdict.to_dict()
    certificate = save(policy, output)
    scores = evaluate(policy, demonstrations)
    if picture is not None:
        plot_fit(policy, demonstrations, title=verdict.summary, path=picture)
    guarantee = policy.metadata.guarantee
    report = {
        "file": str(output),
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
    if not args.json:
        print(score_table(scores, demonstrations))
        print(
            f"guarantee  {guarantee['kind']} at {guarantee['rate']:.3g} 1/s, "
            f"{guarantee['rate_times_duration']:.3g} e-foldings per demonstrated duration"
        )
        print(f"verdict    {certificate.summary}")
        print(f"motion     {verdict.summary}")
        print(f"written    {output} ({output.stat().st_size / 1024:.0f} KiB, {cpu:.1f} CPU s)")
    return report, certificate.certified and verdict.passed


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
