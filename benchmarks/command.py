"""Run the benchmarks and write their page: docs/benchmarks.md."""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from elcd_policy.cli.training_settings import add_settings
from elcd_policy.errors import ParameterError
from elcd_policy.fields import FIELDS
from elcd_policy.training.fit import DEFAULT_FIELD

from .lasa import PROTOCOLS, Job, measure_ticks, plan, render, run_jobs
from .lasa.eflow import checkout_hash
from .lasa.problems import PENDULUMS, load_problem
from .lasa.tables import beside_table, cost_table, tick_table
from .lasa.variants import SHAPES, plan_variants
from .sequences import command as benchmark_sequences
from .store import append_record
from .tick_and_cost.cost import measure_cost
from .tick_and_cost.tick import DIMENSIONS

EXAMPLE = """example:
  elcd benchmark lasa --shapes Sshape,WShape --seeds 0
  elcd benchmark lasa --eflow ~/euclideanizing_flows
  elcd benchmark lasa --protocols d --pendulum ~/elcd_pendulum
  elcd benchmark settings
  elcd benchmark cost --eflow ~/euclideanizing_flows
  elcd benchmark tick
  elcd benchmark sequences
  elcd benchmark perception goal
  elcd benchmark render
"""
GROUP = "elcd.benchmarks"
"""Entry points of benchmarks that need another room: modules like a command's, and ``HELP``."""

RESULTS = "benchmarks/results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    names = parser.add_subparsers(dest="name", metavar="NAME", required=True)

    lasa = names.add_parser("lasa", help="accuracy, convergence and training time")
    lasa.add_argument("--shapes", type=_words, default=[], help="A,B (default: all)")
    lasa.add_argument(
        "--protocols", type=_words, default=["a", "b"], help=f"of {', '.join(PROTOCOLS)} (a,b)"
    )
    lasa.add_argument(
        "--fields", type=_words, default=list(FIELDS), help=f"({','.join(FIELDS)}); none: no field"
    )
    lasa.add_argument("--seeds", type=_seeds, default=[0, 1, 2], help="(0,1,2)")
    lasa.add_argument("--workers", type=int, default=2, help="processes (%(default)s)")
    lasa.add_argument("--scheduler", metavar="tcp://...", help="of a Dask cluster to run on")
    lasa.add_argument("--pendulum", metavar="FOLDER", help="of n-2.npz and n-4.npz, for protocol d")
    lasa.add_argument("--output", default=f"{RESULTS}/lasa.jsonl", help="(%(default)s)")

    tick = names.add_parser("tick", help="the cost of a control tick")
    tick.add_argument(
        "--field", choices=sorted(FIELDS), default=DEFAULT_FIELD, help="(%(default)s)"
    )
    tick.add_argument("--dimensions", type=_dimensions, default=DIMENSIONS, help="(2,4,7,8,16,32)")
    tick.add_argument("--rounds", type=int, default=300, help="of 20 calls each (%(default)s)")
    tick.add_argument("--output", default=f"{RESULTS}/tick.jsonl", help="(%(default)s)")

    settings = names.add_parser("settings", help="what the settings of training do")
    settings.add_argument("--shapes", type=_words, default=SHAPES, help=f"A,B ({','.join(SHAPES)})")
    settings.add_argument("--seeds", type=_seeds, default=[0], help="(0)")
    settings.add_argument("--workers", type=int, default=2, help="processes (%(default)s)")
    settings.add_argument("--output", default=f"{RESULTS}/settings.jsonl", help="(%(default)s)")

    cost = names.add_parser("cost", help="training cost over dimension and number of samples")
    cost.add_argument("--output", default=f"{RESULTS}/cost.jsonl", help="(%(default)s)")
    for command in (lasa, settings, cost):
        add_settings(command)
    for command in (lasa, cost):
        command.add_argument(
            "--eflow", metavar="PATH", help="your checkout of EFlow, to compare with"
        )

    sequences = names.add_parser("sequences", help=benchmark_sequences.HELP)
    benchmark_sequences.add_arguments(sequences)

    page = names.add_parser("render", help="write the page from the stored results")
    page.add_argument("--results", default=RESULTS, help="folder (%(default)s)")
    page.add_argument("--output", default="docs/benchmarks.md", help="(%(default)s)")
    for command in (lasa, settings, cost, tick, page):
        command.add_argument("--json", action="store_true", help="one JSON object on stdout")
    for name, module in _others():
        module.add_arguments(names.add_parser(name, help=module.HELP))


def run(args: argparse.Namespace) -> int:
    """Run the benchmark that is named."""
    commands = {
        "lasa": _lasa,
        "settings": _variants,
        "cost": _cost,
        "tick": _tick,
        "sequences": benchmark_sequences.run,
        "render": _render,
    }
    if args.name in commands:
        return commands[args.name](args)
    return int(dict(_others())[args.name].run(args))


def _others() -> Iterator[tuple[str, Any]]:
    """Benchmarks of other rooms, but those whose extras are not installed."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            yield entry.name, importlib.import_module(entry.value)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == entry.value.partition(".")[0]:
                raise


def _lasa(args: argparse.Namespace) -> int:
    # Hours may pass before a job would miss them.
    if args.eflow is not None:
        checkout_hash(args.eflow)
    for shape in PENDULUMS if args.pendulum is not None else ():
        load_problem(shape, args.pendulum)
    jobs = plan(
        shapes=args.shapes,
        protocols=args.protocols,
        fields=[] if args.fields == ["none"] else args.fields,
        seeds=args.seeds,
        settings=args.settings,
        eflow=args.eflow,
        pendulum=args.pendulum,
    )
    return _run(jobs, args, args.scheduler)


def _variants(args: argparse.Namespace) -> int:
    return _run(plan_variants(args.shapes, args.seeds, args.settings), args)


def _run(jobs: list[Job], args: argparse.Namespace, scheduler: str | None = None) -> int:
    outcome = run_jobs(jobs, args.output, workers=args.workers, scheduler=scheduler)
    if args.json:
        print(
            json.dumps(
                {
                    "file": args.output,
                    "ran": outcome.ran,
                    "skipped": outcome.skipped,
                    "failures": outcome.failures,
                }
            )
        )
    else:
        for line in outcome.failures:
            print(f"failed     {line}")
        print(f"ran        {outcome.ran}, {outcome.skipped} were finished before")
        print(f"written    {args.output}; for the tables: elcd benchmark render")
    return 1 if outcome.failures else 0


def _cost(args: argparse.Namespace) -> int:
    record = measure_cost(settings=args.settings, eflow=args.eflow)
    append_record(args.output, record)
    tables = [cost_table(record["rows"]), beside_table(record.get("beside", []))]
    table = "\n\n".join(table for table in tables if table)
    print(json.dumps(record) if args.json else f"{table}\n\nwritten    {args.output}")
    return 0


def _tick(args: argparse.Namespace) -> int:
    if args.rounds < 1:
        raise ParameterError("too few rounds", got=args.rounds, expected="at least 1")
    record = measure_ticks(args.dimensions, field=args.field, rounds=args.rounds)
    append_record(args.output, record)
    print(json.dumps(record) if args.json else f"{tick_table(record)}\n\nwritten    {args.output}")
    return 0


def _render(args: argparse.Namespace) -> int:
    files = [str(path) for path in render(args.results, args.output)]
    print(json.dumps({"files": files}) if args.json else "\n".join(files))
    return 0


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _seeds(text: str) -> list[int]:
    words = _words(text)
    if not words or not all(word.isdecimal() for word in words):
        raise ParameterError("seeds are not numbers", got=repr(text), expected="0,1,2")
    return [int(word) for word in words]


def _dimensions(text: str) -> list[int]:
    words = _words(text)
    if not words or not all(word.isdecimal() and int(word) > 1 for word in words):
        raise ParameterError("dimensions are out of range", got=repr(text), expected="2,7: above 1")
    return [int(word) for word in words]
