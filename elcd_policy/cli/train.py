"""Learn a contracting policy from demonstrations and write it as one file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

from ..demonstrations import DemonstrationSet
from ..demonstrations.inspection import Finding, choose_ends, detect, split_by_way
from ..demonstrations.preparation import inspect
from ..errors import ExportError, ParameterError
from ..evaluation import Scores, evaluate, judge
from ..fields import FIELDS
from ..formats.policy_file import check_target
from ..metadata import ENDS
from ..modes import SUFFIX, save_modes, start_positions
from ..plotting import check_picture, plot_fit
from ..saving import save
from ..training import TrainingSettings
from ..training.fit import DEFAULT_FIELD, fit
from .score_table import score_table
from .source_options import add_source, load_source
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
    how = {"field": args.field, "settings": args.settings, "seed": args.seed, "goal": args.goal}
    if args.modes == 1:
        trained = _train(demonstrations, output, args.plot, args.source, **how)
        print(json.dumps(trained.report) if args.json else trained.text)
        return 0 if trained.good else 1
    groups = split_by_way(demonstrations, args.modes)
    every, files = [], [_number_file(output, number) for number in range(1, len(groups) + 1)]
    for number, (group, file) in enumerate(zip(groups, files, strict=True), start=1):
        part = demonstrations.subset(group)
        names = ", ".join(each.name or str(k) for k, each in zip(group, part, strict=True))
        print(f"elcd: mode {number} of {len(groups)}: {names}", file=sys.stderr)
        picture = None if args.plot is None else _number_file(Path(args.plot), number)
        every.append(_train(part, file, picture, args.source, **how))
    choice = save_modes(output.with_suffix(SUFFIX), files, start_positions(demonstrations, groups))
    if args.json:
        print(json.dumps({"choice": str(choice), "modes": [each.report for each in every]}))
    else:
        print("\n\n".join(each.text for each in every))
        print(f"choice     {choice}: by the nearest demonstrated start")
    return 0 if all(each.good for each in every) else 1


def _number_file(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}_{number}{path.suffix}")


class _Trained(NamedTuple):
    """One policy's report as JSON and as text, and whether it is certified and fit."""

    report: dict[str, Any]
    text: str
    good: bool


def _train(
    demonstrations: DemonstrationSet,
    output: Path,
    picture: str | Path | None,
    source: str,
    *,
    field: str,
    settings: TrainingSettings | None,
    seed: int,
    goal: str,
) -> _Trained:
    """Train, save and judge one policy."""
    ends = choose_ends(demonstrations) if goal == "auto" else goal
    findings = _warn(demonstrations, source, ends)
    begin = time.process_time()
    policy = fit(demonstrations, field, settings=settings, goal=ends, seed=seed)
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
        "source": source,
        "seed": seed,
        "cpu_s": cpu,
        "guarantee": guarantee,
        "verdict": certificate.verdict,
        "reasons": certificate.reasons,
        "units": demonstrations.units,
        "findings": [finding.to_dict() for finding in findings],
        "fit": verdict.to_dict(),
        "mean": Scores.mean(scores).to_dict(),
    }
    lines = [
        score_table(scores, demonstrations),
        f"guarantee  {guarantee['kind']} at {guarantee['rate']:.3g} 1/s, "
        f"{guarantee['rate_times_duration']:.3g} e-foldings per demonstrated duration",
        f"verdict    {certificate.summary}",
        f"motion     {verdict.summary}",
        f"written    {output} ({output.stat().st_size / 1024:.0f} KiB, {cpu:.1f} CPU s)",
    ]
    return _Trained(report, "\n".join(lines), certificate.certified and verdict.passed)


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
