"""``elcd demo``: from demonstrations to a moving arm, end to end, on real parts.

Trains a policy, exports it, brings the node graph up (policy and simulated arm as separate
processes over DDS), pushes the arm, and judges what happened.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from elcd_policy import LoadedPolicy, fit, load_demonstrations, load_policy
from elcd_policy.certificate import export_certified
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.errors import ElcdError
from elcd_policy.files import written_whole
from elcd_policy_sim import EpisodeLog, load_robot

from .bringup import Bringup
from .demo_report import PICTURES, draw, judge, table
from .graph import checked_arguments, follow_demo, placement_of, preflight, pushes_for

START_UP = 60.0  # s for both processes to load, on a busy machine
SETTLE = 2.0  # s of simulated time after twice the demonstrated duration

BAR = "{desc:8} {percentage:3.0f}%|{bar}| {elapsed}"

EXAMPLE = """example:
  elcd demo                                   the LASA S, written by a Panda, pushed three times
  elcd demo --source my_demonstrations/ --pushes "1.5:30,0,0:0.2"
"""


class UnfinishedRunError(ElcdError):
    """A run that began and did not come to its end."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLE
    parser.add_argument(
        "--source", default="lasa:Sshape", help="demonstrations: lasa:NAME, a file or a folder"
    )
    parser.add_argument("--policy", metavar="FILE", help="follow this policy, train none")
    parser.add_argument("--robot", default="panda", help="name of the robot, or its YAML file")
    pushes = parser.add_mutually_exclusive_group()
    pushes.add_argument(
        "--pushes",
        default="default",
        metavar="T:FX,FY,FZ:D",
        help="pushes in s, N and s, separated by blanks or ';' (default: three)",
    )
    pushes.add_argument("--no-pushes", dest="pushes", action="store_const", const="none")
    parser.add_argument("--output", type=Path, default=Path("results/follow_demo"), metavar="DIR")
    parser.add_argument("--seed", type=int, default=0, help="of training and pushes")
    parser.add_argument("--rate", type=float, default=100.0, help="of states and commands, Hz")
    parser.add_argument("--gui", action="store_true", help="open the simulator's window")
    parser.add_argument(
        "--sim-python", default="", metavar="PYTHON", help="interpreter for the simulator's node"
    )
    parser.add_argument("--json", action="store_true", help="print the metrics as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Run the demonstration.

    Returns
    -------
    int
        0 if the arm reached the goal and recovered from every push, else 1.

    Raises
    ------
    ElcdError
        For bad input, before anything is written.
    """
    begin = time.monotonic()
    given = {name: getattr(args, name) for name in ("robot", "pushes", "gui", "rate", "seed")}
    arguments = checked_arguments({**given, "sim_python": args.sim_python})
    preflight(arguments, os.environ)
    robot = load_robot(args.robot)
    if args.policy:
        demonstrations, file = None, Path(args.policy)
        trained = 0.0
    else:
        demonstrations, file, trained = _train(args)
    policy = load_policy(file)
    episode = args.output / "episode.npz"
    arguments |= {
        "policy": str(file),
        "duration": 2.0 * policy.metadata.duration + SETTLE,
        "log_file": str(episode.absolute()),
    }
    try:
        moved = _follow(file, policy, arguments, args.output)
    except UnfinishedRunError as error:
        print(f"elcd demo: {error}", file=sys.stderr)
        return 1
    log = EpisodeLog.load(episode)
    placement = placement_of(policy.metadata, robot)
    pushes = pushes_for(args.pushes, policy.metadata.duration, args.robot, args.seed)
    outcome = judge(log, policy, placement, pushes)
    metrics: dict[str, Any] = {
        "source": policy.metadata.source,
        "policy": str(file),
        "robot": robot.name,
        "rate_hz": args.rate,
        "seed": args.seed,
        "training_s": trained,
        "run_s": moved,
        **outcome.metrics(),
    }
    pictures = draw(args.output, demonstrations, policy, outcome, robot, log)
    for _ in tqdm(pictures, desc="pictures", total=PICTURES, bar_format=BAR, file=sys.stderr):
        pass
    metrics["total_s"] = time.monotonic() - begin
    with written_whole(args.output / "metrics.json") as report:
        report.write((json.dumps(metrics, indent=2) + "\n").encode())
    if args.json:
        print(json.dumps(metrics))
    else:
        print(table(outcome, args.output))
    return 0 if outcome.succeeded else 1


def _train(args: argparse.Namespace) -> tuple[DemonstrationSet, Path, float]:
    demonstrations = load_demonstrations(args.source)
    placement = load_robot(args.robot).placement_for(demonstrations)
    begin = time.monotonic()
    policy = fit(demonstrations, seed=args.seed)
    trained = time.monotonic() - begin
    file = args.output / "policy.pt"
    export_certified(policy, file, placement)
    return demonstrations, file, trained


def _follow(file: Path, policy: LoadedPolicy, arguments: Mapping[str, Any], output: Path) -> float:
    """Let the graph run until the episode's end; s that took."""
    graph = follow_demo(file, policy.metadata, arguments)
    begin, duration = time.monotonic(), arguments["duration"]
    Path(arguments["log_file"]).unlink(missing_ok=True)
    with (
        Bringup(graph, output / "logs") as bringup,
        tqdm(total=duration, desc="moving", bar_format=BAR, file=sys.stderr) as bar,
    ):
        moving: list[float] = []

        def watch() -> None:
            if not moving and "following" in bringup.output("policy_node"):
                moving.append(time.monotonic())
            if moving:
                bar.update(min(duration, time.monotonic() - moving[0]) - bar.n)

        ended = bringup.wait(START_UP + 3.0 * duration, watch)
        if ended is None:
            raise UnfinishedRunError(
                "the arm did not finish its motion in time",
                got=bringup.complaint("policy_node"),
                expected=f"{duration:.1f} s of motion",
                advice=f"see {output / 'logs'}",
            )
        if ended.label != "sim_node" or ended.status:
            kind = ElcdError if ended.status == 2 else UnfinishedRunError
            raise kind(
                f"{ended.label} has ended with status {ended.status}",
                got=bringup.complaint(ended.label),
                advice=f"see {output / 'logs'}",
            )
    return time.monotonic() - begin
