"""Error of the goal that is seen, and generalisation of NAIS-Nets."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..harness import PACKAGES as USUAL
from ..machine import machine_lines
from ..options import add_parts, numbers
from ..store import Record, of_part
from . import tables as made
from .jobs import EPOCHS, PARTS, SCENES, DigitsJob, GoalJob, jobs

__all__ = ["add_arguments", "figures", "jobs", "run", "tables"]

EXAMPLE = """example:
  elcd detector --net cnn -o cnn.pt
  elcd benchmark perception --parts goal --detectors cnn.pt
  elcd benchmark perception --parts digits --seeds 0
"""
PACKAGES = (*USUAL, "scikit-learn")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, PARTS)
    parser.add_argument(
        "--detectors",
        nargs="*",
        default=[],
        metavar="FILE",
        help="to compare with the package's own",
    )
    parser.add_argument("--scenes", type=int, default=SCENES, help="(%(default)s)")
    parser.add_argument("--seeds", type=numbers, default=[0, 1], help="of digits (0,1)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of digits (%(default)s)")


def run(job: GoalJob | DigitsJob) -> dict[str, Any]:
    """Measure; return a JSON-ready result."""
    if isinstance(job, GoalJob):
        from elcd_policy_sim.vision.detector_training import DETECTOR

        from .goal import measure_goal

        return measure_goal(job.path or str(DETECTOR), job.measured_on)
    from .generalisation import measure_generalisation

    return measure_generalisation(job.net, job.seed, job.epochs)


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/perception.md."""
    goal, digits = (of_part(records, part) for part in PARTS)
    return {
        "goal seen": made.describe_seen(goal),
        "goal": made.goal_table(goal),
        "goal noise": made.noise_table(goal),
        "goal deeper": made.deeper_table(goal),
        "goal steps": made.steps_table(goal),
        "digits": made.digits_table(digits),
        "digits deeper": made.digits_deeper_table(digits),
        "digits steps": made.digits_steps_table(digits),
        "machine": machine_lines(records),
    }


def figures(records: Sequence[Record]) -> dict[str, Callable[[Path], object]]:
    """Return the pictures of docs/perception.md."""
    from . import figures as pictures

    goal, digits = (of_part(records, part) for part in PARTS)
    drawn: dict[str, Callable[[Path], object]] = {"perception_scenes.png": pictures.draw_scenes}
    if goal:
        drawn["perception_noise.png"] = partial(pictures.draw_noise, goal)
    if digits:
        drawn["perception_digits.png"] = partial(pictures.draw_digits, digits)
    return drawn
