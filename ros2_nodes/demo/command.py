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
from pathlib import Path
from typing import Any

from tqdm import tqdm

from elcd_policy import load
from elcd_policy.utils.files import write_atomically
from elcd_policy_sim import EpisodeLog, load_robot
from elcd_policy_sim.arm.engines import AUTO, CHOICES

from ..graphs.graph import (
    check_prerequisites,
    checked_arguments,
    follow_demo,
    placement_of,
    pushes_for,
)
from ..graphs.sight_graph import SOURCE as SIGHT_SOURCE
from .report import PICTURES, draw, judge, table
from .run import BAR, UnfinishedRunError, run_episode_of, train

FOLLOW_DEMO, PICK_BY_SIGHT = "follow_demo", "pick_by_sight"
SETTLE = 2.0  # s of simulated time after twice the demonstrated duration

EXAMPLE = """example:
  elcd demo                                   the LASA S, written by a Panda, pushed three times
  elcd demo --source my_demonstrations/ --pushes "1.5:30,0,0:0.2"
  elcd demo --scene pick_by_sight             the Panda reaches a box that a camera sees, wherever
                                              it stands, and follows when it is moved
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLE
    parser.add_argument(
        "--scene",
        choices=[FOLLOW_DEMO, PICK_BY_SIGHT],
        default=FOLLOW_DEMO,
        help="what is shown (%(default)s)",
    )
    parser.add_argument(
        "--source",
        help="demonstrations: lasa:NAME, a file or a folder (lasa:Sshape; of pick_by_sight "
        f"{SIGHT_SOURCE})",
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
    parser.add_argument("--output", type=Path, metavar="DIR", help="(results/SCENE)")
    parser.add_argument("--seed", type=int, default=0, help="of training and pushes")
    parser.add_argument("--rate", type=float, default=100.0, help="of states and commands, Hz")
    parser.add_argument(
        "--engine", choices=CHOICES, default=AUTO, help="of the simulator (%(default)s)"
    )
    parser.add_argument("--gui", action="store_true", help="open the simulator's window")
    parser.add_argument(
        "--sim-python", default="", metavar="PYTHON", help="interpreter for the simulator's node"
    )
    sight = parser.add_argument_group("pick_by_sight")
    sight.add_argument("--box", default="", metavar="[X,Y]", help="in m (drawn by the seed)")
    sight.add_argument(
        "--box-moves", default="default", metavar="T:X,Y", help="in s and m, or 'none' (one)"
    )
    sight.add_argument("--detector", default="", metavar="FILE", help="(the package's own)")
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
    args.output = args.output or Path("results") / args.scene
    if args.scene == PICK_BY_SIGHT:
        from .sight import run as run_by_sight

        return run_by_sight(args)
    begin = time.monotonic()
    given = {
        name: getattr(args, name) for name in ("robot", "pushes", "engine", "gui", "rate", "seed")
    }
    arguments = checked_arguments({**given, "sim_python": args.sim_python})
    check_prerequisites(arguments, os.environ)
    robot = load_robot(args.robot)
    if args.policy:
        demonstrations, file = None, Path(args.policy)
        trained = 0.0
    else:
        source = args.source or "lasa:Sshape"
        demonstrations, file, trained = train(source, args.robot, args.seed, args.output)
    policy = load(file)
    episode = args.output / "episode.npz"
    arguments |= {
        "policy": str(file),
        "duration": 2.0 * policy.metadata.duration + SETTLE,
        "log_file": str(episode.absolute()),
    }
    try:
        graph = follow_demo(file, policy.metadata, arguments)
        moved = run_episode_of(graph, arguments["duration"], episode, args.output)
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
    pictures = draw(args.output, demonstrations, policy, outcome, robot, log, args.engine)
    for _ in tqdm(pictures, desc="pictures", total=PICTURES, bar_format=BAR, file=sys.stderr):
        pass
    metrics["total_s"] = time.monotonic() - begin
    with write_atomically(args.output / "metrics.json") as report:
        report.write((json.dumps(metrics, indent=2) + "\n").encode())
    if args.json:
        print(json.dumps(metrics))
    else:
        print(table(outcome, args.output))
    return 0 if outcome.succeeded else 1
