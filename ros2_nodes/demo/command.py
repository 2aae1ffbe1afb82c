"""``elcd demo``: from demonstrations to a moving arm, end to end, on real parts.

Trains a policy, saves it, starts the node graph (policy and simulated arm as separate processes
over DDS), pushes the arm, and judges what it did.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from elcd_policy.errors import ParameterError
from elcd_policy_sim.arm.engines import AUTO, CHOICES

from .demonstrate import UnfinishedRunError, demonstrate
from .scenes import SCENES, FollowDemo, PickBySight

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
        choices=list(SCENES),
        default=FollowDemo.name,
        help="what is shown (%(default)s)",
    )
    parser.add_argument(
        "--source",
        help="demonstrations: lasa:NAME, a file or a folder "
        f"({FollowDemo.source}; of pick_by_sight {PickBySight.source})",
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
        0 if the arm did what was shown and recovered from every push, else 1.

    Raises
    ------
    ElcdError
        For bad input, before anything is written.
    """
    names = ["robot", "engine", "gui", "rate", "seed", "sim_python"]
    names += ["pushes"] if args.scene == FollowDemo.name else ["box_moves", "detector"]
    given: dict[str, Any] = {name: getattr(args, name) for name in names}
    if args.scene == PickBySight.name:
        given["box"] = _place(args.box)
    scene = SCENES[args.scene](**given)
    output = args.output or Path("results") / args.scene
    try:
        done = demonstrate(scene, output, args.policy or "", args.source or "")
    except UnfinishedRunError as error:
        print(f"elcd demo: {error}", file=sys.stderr)
        return 1
    print(json.dumps(done.metrics) if args.json else done.table)
    return 0 if done.succeeded else 1


def _place(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.strip("[]").split(",")) if text else ()
    except ValueError:
        raise ParameterError(
            "a place for the box can't be read", got=repr(text), expected="X,Y in m"
        ) from None
