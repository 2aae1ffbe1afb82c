"""Arms that are pushed or held while they follow a policy: `elcd simulate`, all of its page.

A stored result is the JSON that ``elcd simulate --output`` writes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from elcd_policy import save
from elcd_policy.cli.main import main
from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.errors import ElcdError
from elcd_policy.training import fit

from ..harness import PACKAGES as USUAL
from ..machine import machine_lines
from ..options import add_parts, check_names
from ..store import Record, of_part

EXAMPLE = """example:
  elcd benchmark disturbances --parts sweep
"""
PACKAGES = (*USUAL, "pybullet", "mujoco")
MOTION = "lasa:Sshape"
FILES = {"elcd": "sshape.pt", "monotone": "sshape_monotone.pt"}
#: By part: the field of the policy, and how it is simulated.
COMMANDS: dict[str, tuple[tuple[str, str], ...]] = {
    "campaigns": (
        ("elcd", "--robot iiwa --pushes 200"),
        ("monotone", "--robot iiwa --pushes 200"),
        ("elcd", "--pushes 200"),
        ("monotone", "--pushes 200"),
    ),
    "hold": (("elcd", "--episodes 25 --disturb 'hold time=1 duration=2' --compare"),),
    "pushes": (("elcd", "--pushes 50 --compare"),),
    "sweep": (("elcd", "--pushes 5 --sweep"),),
    "engines": (
        ("elcd", "--pushes 20 --engine pybullet"),
        ("elcd", "--pushes 20 --engine mujoco"),
        ("elcd", "--robot iiwa --pushes 20 --engine pybullet"),
        ("elcd", "--robot iiwa --pushes 20 --engine mujoco"),
    ),
}


@dataclass(frozen=True)
class Job:
    """A run of ``elcd simulate``.

    Parameters
    ----------
    part : of `COMMANDS`.
    field : of the policy that is trained on `MOTION`, seed 0.
    options : of the command.
    """

    part: str
    field: str
    options: str


def trains(_: Job) -> bool:
    """Return True: each job's policy is trained by this project."""
    return True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, COMMANDS)


def jobs(*, parts: Sequence[str] = tuple(COMMANDS)) -> list[Job]:
    """Return a job for each command.

    Raises
    ------
    ParameterError
        For an unknown part.
    """
    check_names("part", parts, COMMANDS)
    return [Job(part, field, options) for part in parts for field, options in COMMANDS[part]]


def run(job: Job) -> dict[str, Any]:
    """Simulate; return ``simulated``, what the command writes.

    Raises
    ------
    ElcdError
        If it can't run.
    """
    with tempfile.TemporaryDirectory() as folder:
        policy, output = Path(folder) / FILES[job.field], Path(folder) / "result.json"
        policy.write_bytes(train_policy(job.field))
        words = ["simulate", str(policy), *shlex.split(job.options), "--output", str(output)]
        with contextlib.redirect_stdout(io.StringIO()):
            status = main(words)
        if not output.exists():
            raise ElcdError("elcd simulate failed", got=f"status {status}")
        return {"simulated": json.loads(output.read_text(encoding="utf-8"))}


@cache
def train_policy(field: str) -> bytes:
    """Return a policy file of `MOTION`; trained once in each process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.pt"
        save(fit(load_demonstrations(MOTION), field, progress=False), file)
        return file.read_bytes()


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/disturbance_rejection.md."""
    from . import tables as made

    campaigns, hold, pushes, sweeps, engines = (of_part(records, part) for part in COMMANDS)
    return {
        "campaigns": made.campaign_table(campaigns),
        "contraction": made.check_table([*campaigns, *hold, *pushes]),
        "compared, pushed": made.comparison_table(pushes),
        "compared, held": made.comparison_table(hold),
        "sweep": made.sweep_table(sweeps),
        "engines": made.engine_table(engines),
        "machine": machine_lines(records),
    }


def figures(records: Sequence[Record]) -> dict[str, Callable[[Path], object]]:
    """Return the pictures of docs/disturbance_rejection.md."""
    from . import figures as pictures

    drawn: dict[str, Callable[[Path], object]] = {}
    campaigns, hold, pushes, sweeps, _ = (of_part(records, part) for part in COMMANDS)
    if campaigns:
        drawn["disturbance_paths.png"] = partial(pictures.draw_paths, campaigns)
        drawn["disturbance_spread.png"] = partial(pictures.draw_spread, campaigns)
    for name, compared in (("hold", hold), ("pushes", pushes)):
        if compared:
            drawn[f"disturbance_compared_{name}.png"] = partial(pictures.draw_paths, compared)
    if sweeps:
        drawn["disturbance_sweep.png"] = partial(pictures.draw_sweep, sweeps[-1])
    return drawn
