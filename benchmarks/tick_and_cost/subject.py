"""The cost of a control tick, and of training over dimension and number of samples."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from elcd_policy.cli.training_settings import add_settings
from elcd_policy.errors import ParameterError
from elcd_policy.fields import FIELDS
from elcd_policy.training import TrainingSettings
from elcd_policy.training.fit import DEFAULT_FIELD

from ..harness import place
from ..lasa.eflow import checkout_hash
from ..machine import machine_lines
from ..options import add_parts, check_names, numbers
from ..page import target_table
from ..store import Record, of_part
from . import tables as made
from .cost import measure_cost
from .figures import draw_cost
from .tick import DIMENSIONS, ROUNDS, measure_ticks

EXAMPLE = """example:
  elcd benchmark tick_and_cost --parts tick --again
  elcd benchmark tick_and_cost --parts cost --eflow ~/euclideanizing_flows
"""
PARTS = ("tick", "cost")


@dataclass(frozen=True)
class Job:
    """One measurement, all in one process.

    Parameters
    ----------
    part : of `PARTS`.
    dimensions, rounds : of ticks.
    eflow : the peer's checkout, to train it by turns.
    """

    part: str
    field: str
    settings: dict[str, float]
    dimensions: tuple[int, ...] = ()
    rounds: int = 0
    beside_peer: bool = False
    eflow: str = place()


def trains(job: Job) -> bool:
    """Return whether a job depends on this project's training: a tick does not on the weights."""
    return job.part == "cost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, PARTS)
    parser.add_argument(
        "--field", choices=sorted(FIELDS), default=DEFAULT_FIELD, help="of ticks (%(default)s)"
    )
    parser.add_argument("--dimensions", type=numbers, default=DIMENSIONS, help="of ticks (2,4,...)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of 20 ticks each (%(default)s)")
    add_settings(parser)
    parser.add_argument("--eflow", metavar="PATH", help="your checkout of EFlow, beside cost")


def jobs(
    *,
    parts: Sequence[str] = PARTS,
    field: str = DEFAULT_FIELD,
    dimensions: Sequence[int] = DIMENSIONS,
    rounds: int = ROUNDS,
    settings: TrainingSettings | None = None,
    eflow: str | Path | None = None,
) -> list[Job]:
    """Return a job for each part.

    Raises
    ------
    ParameterError
        For an unknown part, dimensions or rounds out of range, or a folder that is no checkout.
    """
    check_names("part", parts, PARTS)
    if rounds < 1:
        raise ParameterError("too few rounds", got=rounds, expected="at least 1")
    if min(dimensions) < 2:
        raise ParameterError("a dimension is out of range", got=min(dimensions), expected="2,7")
    if eflow is not None:
        checkout_hash(eflow)
    told = asdict(settings or TrainingSettings())
    each = {
        "tick": Job("tick", field, told, tuple(dimensions), rounds),
        "cost": Job("cost", DEFAULT_FIELD, told, beside_peer=bool(eflow), eflow=str(eflow or "")),
    }
    return [each[part] for part in parts]


def run(job: Job) -> dict[str, Any]:
    """Measure; return a JSON-ready result."""
    settings = TrainingSettings(**job.settings)  # type: ignore[arg-type]
    if job.part == "cost":
        return measure_cost(settings=settings, eflow=job.eflow or None)
    return measure_ticks(job.dimensions, field=job.field, settings=settings, rounds=job.rounds)


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/benchmarks.md on time."""
    tick, cost = _last(records, "tick"), _last(records, "cost")
    operations = (tick or {}).get("operations", {})
    none = "Not run."
    return {
        "time targets": target_table(made.targets(tick, cost)),
        "cost": made.cost_table(cost) if cost else none,
        "cost machine": machine_lines([cost] if cost else []),
        "cost beside EFlow": made.beside_table(cost) if cost else none,
        "tick": made.tick_table(tick) if tick else none,
        "tick machine": machine_lines([tick] if tick else []),
        **{
            f"operations of {name}": made.operation_table(operations[name])
            if name in operations
            else none
            for name in ("TorchScript", "ONNX Runtime")
        },
    }


def figures(records: Sequence[Record]) -> dict[str, Callable[[Path], object]]:
    """Return the picture of docs/benchmarks.md on time."""
    cost = _last(records, "cost")
    return {"cost.png": partial(draw_cost, cost, _last(records, "tick"))} if cost else {}


def _last(records: Sequence[Record], part: str) -> Record | None:
    """Return the last record of a part, one with the peer before others."""
    found = of_part(records, part)
    return next((r for r in reversed(found) if r["beside_peer"]), found[-1] if found else None)
