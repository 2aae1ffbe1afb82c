"""The demonstration pick_by_sight: an arm reaches what a camera sees, and follows it."""

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
from elcd_policy.errors import ParameterError
from elcd_policy.perception import load_detector
from elcd_policy.utils.files import write_atomically
from elcd_policy_sim import EpisodeLog, load_robot
from elcd_policy_sim.vision.detector_training import DETECTOR

from ..graphs.sight_graph import (
    HEIGHT,
    PICK_BY_SIGHT_ARGUMENTS,
    SOURCE,
    box_places,
    check_prerequisites,
    pick_by_sight,
)
from ..node.setting import checked
from .run import BAR, UnfinishedRunError, run_episode_of, train
from .sight_report import PICTURES, draw, judge, table

MOTIONS = 1.5  # demonstrated durations after the box was moved last
SETTLE = 2.0  # s of simulated time after that


def run(args: argparse.Namespace) -> int:
    """Run the demonstration.

    Parameters
    ----------
    args : of `elcd_policy_ros2.demo.command`.

    Returns
    -------
    int
        0 if the arm ended over the box, else 1.

    Raises
    ------
    ElcdError
        For bad input, before anything is written.
    """
    begin = time.monotonic()
    names = ("robot", "engine", "gui", "rate", "seed", "sim_python", "box_moves", "detector")
    given: dict[str, Any] = {name: getattr(args, name) for name in names}
    arguments = checked({**given, "box": _box(args.box)}, PICK_BY_SIGHT_ARGUMENTS)
    check_prerequisites(arguments, os.environ)
    file, trained = Path(args.policy or ""), 0.0
    if not args.policy:
        _, file, trained = train(args.source or SOURCE, args.robot, args.seed, args.output)
    policy = load(file)
    place, moves = box_places(arguments, policy.metadata.duration)
    last = moves[-1].time if moves else 0.0
    episode = args.output / "episode.npz"
    arguments |= {
        "duration": last + MOTIONS * policy.metadata.duration + SETTLE,
        "log_file": str(episode.absolute()),
    }
    try:
        graph = pick_by_sight(file, policy.metadata, arguments)
        moved = run_episode_of(graph, arguments["duration"], episode, args.output)
    except UnfinishedRunError as error:
        print(f"elcd demo: {error}", file=sys.stderr)
        return 1
    log = EpisodeLog.load(episode)
    outcome = judge(log, place, moves, HEIGHT)
    detector = load_detector(arguments["detector"] or DETECTOR)
    metrics = {
        "scene": args.scene,
        "source": policy.metadata.source,
        "policy": str(file),
        "robot": load_robot(args.robot).name,
        "detector": detector.metadata.weights_hash[:12],
        "seed": args.seed,
        "training_s": trained,
        "run_s": moved,
        **outcome.metrics(),
    }
    robot = load_robot(args.robot)
    pictures = draw(args.output, outcome, log, robot, detector, args.seed, args.engine)
    for _ in tqdm(pictures, desc="pictures", total=PICTURES, bar_format=BAR, file=sys.stderr):
        pass
    metrics["total_s"] = time.monotonic() - begin
    with write_atomically(args.output / "metrics.json") as report:
        report.write((json.dumps(metrics, indent=2) + "\n").encode())
    print(json.dumps(metrics) if args.json else table(outcome, args.output))
    return 0 if outcome.succeeded else 1


def _box(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.strip("[]").split(",")) if text else ()
    except ValueError:
        raise ParameterError(
            "a place for the box can't be read", got=repr(text), expected="X,Y in m"
        ) from None
