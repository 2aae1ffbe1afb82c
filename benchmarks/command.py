"""Run the benchmarks of a checkout, and fill their pages from the stored results."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .harness import facts, missing, run_jobs
from .render import render
from .subjects import DOCS, RESULTS, SUBJECTS, check_checkout, load_subject, option

EXAMPLE = """example:
  elcd benchmark lasa --shapes Sshape,WShape --seeds 0
  elcd benchmark lasa --render
  elcd benchmark all --render
"""
ALL = "all"
_OWN = (
    "subject",
    "workers",
    "again",
    "scheduler",
    "output",
    "render",
    "results",
    "docs",
    "tables",
    "json",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    names = parser.add_subparsers(dest="subject", metavar="SUBJECT", required=True)
    for name, entry in SUBJECTS.items():
        command = names.add_parser(name, help=entry.about)
        subject = load_subject(name)
        subject.add_arguments(command)
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        command.description, command.epilog = subject.__doc__, option(subject, "EXAMPLE")
        usual = option(subject, "WORKERS")
        command.add_argument("--workers", type=int, default=usual, help="(%(default)s)")
        command.add_argument("--again", action="store_true", help="run what is stored, too")
        command.add_argument("--scheduler", metavar="tcp://...", help="of a Dask cluster to run on")
        output = RESULTS / f"{name}.jsonl"
        command.add_argument("--output", type=Path, default=output, help=f"({output.name})")
        _add_rendering(command)
    _add_rendering(names.add_parser(ALL, help="with --render: all pages"))


def _add_rendering(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--render", action="store_true", help="run nothing: fill the page")
    parser.add_argument("--tables", action="store_true", help="with --render: draw no pictures")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder to render from")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the pages to fill")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Run a subject's jobs, or fill pages."""
    check_checkout()
    try:
        return _render(args) if args.render or args.subject == ALL else _run(args)
    except ModuleNotFoundError as error:
        raise missing(error) from error


def _run(args: argparse.Namespace) -> int:
    subject = load_subject(args.subject)
    jobs = subject.jobs(**{k: v for k, v in vars(args).items() if k not in _OWN})
    outcome = run_jobs(
        jobs,
        subject.run,
        facts,
        args.output,
        trains=option(subject, "trains"),
        packages=option(subject, "PACKAGES"),
        workers=args.workers,
        again=args.again,
        scheduler=args.scheduler,
    )
    if args.json:
        print(json.dumps({"file": str(args.output), **vars(outcome)}))
    else:
        for line in outcome.failures:
            print(f"failed     {line}")
        print(f"ran        {outcome.ran}, {outcome.skipped} were finished before")
        print(f"written    {args.output}; for the page: elcd benchmark {args.subject} --render")
    return 1 if outcome.failures else 0


def _render(args: argparse.Namespace) -> int:
    names = list(SUBJECTS) if args.subject == ALL else [args.subject]
    files = [
        str(file)
        for name in names
        for file in render(name, results=args.results, docs=args.docs, pictures=not args.tables)
    ]
    files = list(dict.fromkeys(files))
    print(json.dumps({"files": files}) if args.json else "\n".join(files))
    return 0
