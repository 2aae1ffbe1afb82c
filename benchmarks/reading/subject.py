"""Time and memory of reading long recordings at a high rate: bags of poses."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elcd_policy.demonstrations import Demonstration, DemonstrationSet, save_demonstrations
from elcd_policy.errors import ElcdError

from ..machine import machine_lines
from ..options import add_parts, check_names, numbers
from ..page import table_of
from ..store import Record, of_part

EXAMPLE = """example:
  elcd benchmark reading --minutes 1
"""
PARTS = ("bags",)
PACKAGES = ("elcd_policy", "numpy", "rosbags")
#: Run in a process of its own: what it needs before it reads is not counted.
READ = """
import json, resource, sys, time
from elcd_policy.demonstrations import load_demonstrations
import rosbags.highlevel
wall, cpu = time.perf_counter(), time.process_time()
count = len(load_demonstrations(sys.argv[1]))
print(json.dumps({
    "demonstrations_read": count,
    "wall_s": time.perf_counter() - wall,
    "cpu_s": time.process_time() - cpu,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


@dataclass(frozen=True)
class Job:
    """Bags of poses, one a demonstration, of ``minutes`` each."""

    part: str
    minutes: int
    demonstrations: int = 10
    rate_hz: float = 1000.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, PARTS)
    parser.add_argument(
        "--minutes", type=numbers, default=[1, 10], help="of each demonstration (1,10)"
    )


def jobs(*, parts: Sequence[str] = PARTS, minutes: Sequence[int] = (1, 10)) -> list[Job]:
    """Return a job for each length of the demonstrations.

    Raises
    ------
    ParameterError
        For an unknown part.
    """
    check_names("part", parts, PARTS)
    return [Job("bags", each) for each in minutes]


def run(job: Job) -> dict[str, Any]:
    """Write the bags, read them in a process of its own; return a JSON-ready result.

    Raises
    ------
    ElcdError
        If that process fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number in range(job.demonstrations):
            reach = _reach(round(60 * job.minutes * job.rate_hz), job.rate_hz, number)
            made = save_demonstrations(reach, Path(folder, "new"), "mcap")
            (made / "demo_0").rename(Path(folder, f"take_{number}"))
            made.rmdir()
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        read = subprocess.run(
            [sys.executable, "-c", READ, folder], capture_output=True, text=True, check=False
        )
    if read.returncode:
        raise ElcdError("the bags could not be read", got=read.stderr[-300:])
    return {"bags_mib": size / 2**20, **json.loads(read.stdout)}


def _reach(samples: int, rate: float, number: int) -> DemonstrationSet:
    """Return a reach of poses in m, as a minimum-jerk motion."""
    time = np.arange(samples) / rate
    share = np.linspace(0.0, 1.0, samples)
    smooth = share**3 * (10 - 15 * share + 6 * share**2)
    begin = np.array([0.3, 0.01 * number, 0.2])
    position = begin + np.outer(smooth, [0.3, 0.2, 0.1])
    turn = np.tile([0.0, 0.0, 0.0, 1.0], (samples, 1))
    return DemonstrationSet([Demonstration(time, position, quaternion=turn)], frame="base")


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/demonstrations.md."""
    bags = of_part(records, "bags")
    columns: dict[str, str | Callable[[Any], str]] = {
        "demonstrations": "{demonstrations} of {minutes} min at {rate_hz:g} Hz",
        "bags [MiB]": "{bags_mib:.0f}",
        "time [s]": "{wall_s:.1f}",
        "CPU time [s]": "{cpu_s:.1f}",
        "peak memory [MiB]": "{peak_mib:.0f}",
    }
    return {"reading": table_of(bags, columns), "reading machine": machine_lines(bags)}


def figures(records: Sequence[Record]) -> dict[str, Callable[[Path], object]]:
    """Return no pictures."""
    return {}
