"""Speed of the nodes under load, and the tables of their topics, parameters and arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..harness import PACKAGES as USUAL
from ..harness import place
from ..machine import machine_lines
from ..options import add_parts, check_names, words
from ..page import table
from ..store import Record, of_part

EXAMPLE = """example:
  elcd benchmark ros --again
  elcd benchmark ros --executors events --rate 500 --free
"""
PACKAGES = (*USUAL, "ros-rclpy", "ros-fastrtps")
PARTS = ("rate",)
EXECUTORS = ("single_threaded", "events")


@dataclass(frozen=True)
class Job:
    """One measurement of the graph of policy_node and sim_node.

    Parameters
    ----------
    executor : of both nodes.
    busy : whether another process keeps one of the two cores busy.
    policy : exported policy with a placement; "" trains lasa:Sshape, hardly.
    """

    part: str
    executor: str
    rate_hz: float
    duration_s: float
    busy: bool
    policy: str = place()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, PARTS)
    parser.add_argument("--policy", default="", help="exported policy (trains lasa:Sshape)")
    parser.add_argument("--rate", type=float, default=250.0, help="Hz (%(default)g)")
    parser.add_argument("--duration", type=float, default=60.0, help="s (%(default)g)")
    parser.add_argument(
        "--executors", type=words, default=EXECUTORS, help=f"({','.join(EXECUTORS)})"
    )
    parser.add_argument("--free", action="store_true", help="keep no core busy")


def jobs(
    *,
    parts: Sequence[str] = PARTS,
    policy: str = "",
    rate: float = 250.0,
    duration: float = 60.0,
    executors: Sequence[str] = EXECUTORS,
    free: bool = False,
) -> list[Job]:
    """Return a job for each executor.

    Raises
    ------
    ParameterError
        For an unknown part or executor.
    """
    check_names("part", parts, PARTS)
    check_names("executor", executors, EXECUTORS)
    return [Job("rate", each, rate, duration, not free, policy) for each in executors]


def run(job: Job) -> dict[str, Any]:
    """Measure; return a JSON-ready result."""
    from .rate import measure_rate

    return measure_rate(job)


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/ros2.md.

    Raises
    ------
    ElcdError
        If a topic or service has no meaning here, or a meaning no topic.
    """
    from .interface_docs import interface_tables

    rates = of_part(records, "rate")
    return {**interface_tables(), "rate": rate_table(rates), "rate machine": machine_lines(rates)}


def rate_table(records: Sequence[Record]) -> str:
    """Return a column for each record."""
    rows = [
        ("setting", lambda r: f"{r['rate_hz']:g} Hz for {r['duration_s']:g} s"),
        ("one of two cores kept busy", lambda r: "yes" if r["busy"] else "no"),
        ("load of the machine before", lambda r: f"{r['load_before']:.1f}"),
    ]
    figures = (
        ("ticks that miss their deadline", "missed_percent", "%"),
        ("commands", "command_rate_hz", "Hz"),
        ("period, median", "period_p50_ms", "ms"),
        ("period, p99", "period_p99_ms", "ms"),
        ("period, longest", "period_max_ms", "ms"),
        ("age of a command when it arrives, median", "command_age_p50_ms", "ms"),
        ("age of a command when it arrives, p99", "command_age_p99_ms", "ms"),
        ("CPU of policy_node, of one core", "policy_node_cpu_percent", "%"),
        ("CPU of sim_node, of one core", "sim_node_cpu_percent", "%"),
    )
    body = [[text, *(cell(r) for r in records)] for text, cell in rows if records]
    body += [
        [text, *(f"{r[key]:.2f} {unit}" for r in records)] for text, key, unit in figures if records
    ]
    return table(["executor", *(f"`{record['executor']}`" for record in records)], body)


def figures(_: Sequence[Record]) -> dict[str, Callable[[Path], object]]:
    """Return the picture of docs/ros2.md."""
    from .graph_picture import draw_graph
    from .interfaces import VARIANTS, interfaces

    nodes = {node: interfaces(node) for node in VARIANTS}
    return {"ros2_graph.png": partial(draw_graph, nodes)}
