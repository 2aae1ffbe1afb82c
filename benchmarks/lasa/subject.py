"""Accuracy, convergence and training time on LASA and in more dimensions."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from elcd_policy.cli.training_settings import add_settings
from elcd_policy.fields import FIELDS

from ..options import add_parts, numbers, words
from ..page import target_table
from ..store import Record
from . import figures as pictures
from .calm_tables import calm_table, calm_targets
from .jobs import PROTOCOLS, jobs, trains
from .run import run
from .summary import METHODS, Results, by_variant, single
from .tables import (
    choice_table,
    conditions_table,
    curve_table,
    dimension_table,
    push_facts,
    push_table,
    scale_table,
    shape_table,
    summary_table,
)
from .targets import targets

__all__ = ["add_arguments", "figures", "jobs", "run", "tables", "trains"]

EXAMPLE = """example:
  elcd benchmark lasa --shapes Sshape,WShape --seeds 0
  elcd benchmark lasa --eflow ~/euclideanizing_flows
  elcd benchmark lasa --parts d --pendulum ~/elcd_pendulum
"""
WORKERS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, PROTOCOLS, default=("a", "b"))
    parser.add_argument("--shapes", type=words, default=[], help="A,B (those of the protocol)")
    parser.add_argument(
        "--fields", type=words, help=f"of {','.join(FIELDS)}, or none (those of the protocol)"
    )
    parser.add_argument("--seeds", type=numbers, help="0,1,2 (those of the protocol)")
    add_settings(parser)
    parser.add_argument("--eflow", metavar="PATH", help="your checkout of EFlow, to compare with")
    parser.add_argument("--pendulum", metavar="FOLDER", help="of n-2.npz and n-4.npz, for d")


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/benchmarks.md that LASA fills in."""
    results, variants = Results(records), by_variant(records)
    rows = {METHODS[method]: single(results.of("a", method)) for method in results.methods("a")}
    return {
        "lasa targets": target_table([*targets(results), *calm_targets(results)]),
        "lasa scale": scale_table(results),
        **{f"lasa summary {part}": summary_table(results, part) for part in ("a", "b", "e")},
        "lasa calm": calm_table(results),
        "lasa choice": choice_table(results),
        "lasa fewer shown": curve_table(results),
        **{f"lasa {name}": text for name, text in push_facts(rows).items()},
        "lasa pushes": push_table(rows),
        "lasa settings": push_table(variants),
        "lasa dimensions": dimension_table(results),
        **{f"lasa shapes {part}": shape_table(results, part) for part in ("a", "b")},
        "lasa conditions": conditions_table(results),
    }


def figures(records: Sequence[Record]) -> dict[str, Callable[[Path], None]]:
    """Return the pictures of docs/benchmarks.md that LASA draws, by file name."""
    results = Results(records)
    return {
        "lasa_fields.png": partial(pictures.draw_fields, results.records),
        "lasa_shown.png": partial(pictures.draw_curve, results),
        "settings.png": partial(pictures.draw_variants, by_variant(records)),
    }
