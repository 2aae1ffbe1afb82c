"""Disturb an arm that follows a policy, and say how it comes back.

Each episode starts where a demonstration did, in a physics of its own, with a torque-driven arm
that follows the field. The file's placement says where, else the robot's writing plane. Exit
status 1 if a rollout of the field itself, without the arm, leaves its certified envelope.
"""

from __future__ import annotations

import argparse
import json
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from elcd_policy.errors import ParameterError
from elcd_policy.obstacles import load_obstacles
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.task_space import unit_quaternion
from elcd_policy.utils.files import written_whole

from .baselines.comparison import compare, comparison_table
from .disturbances import KINDS, Disturbance, RandomPush, read_disturbances
from .disturbances.base import triple
from .episodes.campaign import run_campaign
from .episodes.obstacles import AvoidingMotion, add_bodies
from .episodes.policy_motion import PolicyMotion
from .episodes.results import CampaignResult
from .episodes.running import Runner, available_workers
from .episodes.scene import EpisodeSettings, Scene
from .episodes.sweep import run_sweep
from .film.files import check_film
from .film.video import render_video
from .report.report import check_report, write_report
from .report.tables import campaign_table, sweep_table
from .robot import load_robot

EPISODES = 20
SWEEP_EPISODES = 5

EXAMPLE = f"""examples:
  elcd simulate sshape.pt --pushes 200 --seed 0
  elcd simulate sshape.pt --pushes 20 --robot iiwa --video pushed.gif
  elcd simulate sshape.pt --disturb "wind force=0,5,0" --disturb "hold time=1 duration=2"
  elcd simulate sshape.pt --disturb disturbances.yaml --latency 0.02 --rate 50
  elcd simulate sshape.pt --sweep --pushes 5 --output sweep.json
  elcd simulate sshape.pt --pushes 20 --compare --report compared.html
  elcd simulate sshape.pt --pushes 20 --obstacles obstacles.yaml --video around.gif
disturbances: {", ".join(KINDS)};
  named with a wrong key, each lists its own
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", help="policy file")
    parser.add_argument(
        "--robot", default="panda", help="panda, iiwa, planar, point, or a YAML file (%(default)s)"
    )
    count = parser.add_mutually_exclusive_group()
    count.add_argument(
        "--pushes", type=int, metavar="N", help=f"N episodes, a random push in each ({EPISODES})"
    )
    count.add_argument("--episodes", type=int, metavar="N", help="N episodes without")
    parser.add_argument(
        "--disturb",
        action="append",
        default=[],
        metavar="WHAT",
        help='"NAME key=value ..." or a YAML file; repeated, all act together',
    )
    parser.add_argument("--seed", type=int, default=0, help="of all that chance does (%(default)s)")
    parser.add_argument("--rate", type=float, default=100.0, help="of control, Hz (%(default)s)")
    parser.add_argument("--physics-rate", type=float, default=1000.0, help="Hz (%(default)s)")
    parser.add_argument(
        "--latency", type=float, default=0.0, help="s from a tick to its command (%(default)s)"
    )
    parser.add_argument(
        "--duration", type=float, default=0.0, help="of an episode, s (twice the demonstrated)"
    )
    parser.add_argument("--origin", metavar="X,Y,Z", help="m, where the policy's zero lies")
    parser.add_argument("--scale", type=float, help="m per unit of the demonstrations")
    parser.add_argument("--plane", metavar="X,Y,Z,W", help="quaternion that turns its axes")
    parser.add_argument("--workers", type=int, help="processes (one a core)")
    parser.add_argument(
        "--sweep", action="store_true", help="run all at several control rates and latencies"
    )
    parser.add_argument("--obstacles", metavar="YAML", help="bodies that the TCP keeps clear of")
    parser.add_argument(
        "--compare", action="store_true", help="run other methods in the same episodes as well"
    )
    parser.add_argument("--report", metavar="HTML", help="a page with table, figures, versions")
    parser.add_argument("--video", metavar="FILE", help=".gif or .mp4, of the farthest deviation")
    parser.add_argument("--gui", action="store_true", help="watch in PyBullet's window")
    parser.add_argument("--output", metavar="FILE", help="keep all results, as JSON")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Run the campaign or the sweep.

    Returns
    -------
    int
        0, or 1 if a rollout of the field has left its certified envelope.
    """
    if args.video:
        check_film(args.video)
    if args.report:
        check_report(args.report)
    motion, robot = _motion(args), load_robot(args.robot)
    facts = motion.policy.metadata
    placement = moved(facts.placement or robot.placement_for(facts), args)
    runner = Runner(Scene.of(motion.policy, robot, placement), motion, args.seed, args.gui)
    settings = EpisodeSettings(
        tuple(_disturbances(args)), args.rate, args.physics_rate, args.latency, args.duration
    )
    workers = 1 if args.gui else available_workers() if args.workers is None else args.workers
    count = args.pushes if args.pushes is not None else args.episodes
    command = command_of(args)
    if args.sweep:
        count = SWEEP_EPISODES if count is None else count
        sweep = {**run_sweep(runner, settings, count, workers), "command": command}
        _say(args, sweep, sweep, sweep_table(sweep))
        return 0
    count = EPISODES if count is None else count
    if args.compare:
        results = [
            replace(each, command=command)
            for each in compare(runner, settings, count, workers=workers)
        ]
        everything = {"campaigns": [result.to_dict() for result in results]}
        figures = {"campaigns": [result.facts() for result in results]}
        _say(args, everything, figures, comparison_table(results))
    else:
        result = run_campaign(runner, settings, count, workers=workers)
        results = [replace(result, command=command)]
        _say(args, results[0].to_dict(), results[0].facts(), campaign_table(results[0]))
    if args.video:
        _film(runner, settings, results[0], args.video)
    if args.report:
        write_report(args.report, results)
    return 0 if results[0].within_envelope else 1


def _motion(args: argparse.Namespace) -> PolicyMotion:
    if args.obstacles is None:
        return PolicyMotion(args.policy)
    if args.compare:
        raise ParameterError(
            "other methods know no obstacles", got="--compare and --obstacles", expected="one"
        )
    return AvoidingMotion(args.policy, *load_obstacles(args.obstacles))


def moved(placement: Placement, args: argparse.Namespace) -> Placement:
    """The placement, with what the command line says of it."""
    origin, rotation, scale = placement.origin, placement.rotation, placement.metres_per_unit
    if args.origin is not None:
        origin = np.array(triple(args.origin.split(","), "--origin"))
    if args.plane is not None:
        try:
            values = [float(value) for value in args.plane.split(",")]
        except ValueError as error:
            raise ParameterError("--plane is no quaternion", got=args.plane) from error
        rotation = Rotation.from_quat(unit_quaternion(values)).as_matrix()
    return Placement(rotation, origin, scale if args.scale is None else args.scale)


def command_of(args: argparse.Namespace) -> str:
    """The command line that asks for this, without what does not change the numbers."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    defaults = vars(parser.parse_args(["-"]))
    words = ["elcd", "simulate", Path(args.policy).name]
    for name, value in vars(args).items():
        if name in ("policy", "json", "gui", "workers", "output", "video", "report"):
            continue
        if value != defaults[name]:
            option = f"--{name.replace('_', '-')}"
            values = value if isinstance(value, list) else [value]
            words += [option] if value is True else [w for v in values for w in (option, str(v))]
    return shlex.join(words)


def _disturbances(args: argparse.Namespace) -> list[Disturbance]:
    given = read_disturbances(args.disturb)
    if args.pushes is not None or (args.episodes is None and not given):
        given.insert(0, RandomPush())
    return given


def _film(runner: Runner, settings: EpisodeSettings, result: CampaignResult, path: str) -> None:
    """Run the episode that was driven off the farthest once more: it comes out the same."""
    worst = max(result.episodes, key=lambda episode: episode.peak_deviation_mm)
    log = runner.run(settings, worst.index).log
    assert log is not None
    reference = min(
        result.corridor, key=lambda line: np.linalg.norm(np.subtract(line[0], log.position[0]))
    )
    scenery = None
    if isinstance(runner.motion, AvoidingMotion):
        bodies, placement = runner.motion.obstacles, runner.scene.placement
        scenery = partial(add_bodies, obstacles=bodies, placement=placement)
    render_video(runner.scene.robot, log, path, path_points=reference, scenery=scenery)


def _say(
    args: argparse.Namespace, everything: dict[str, Any], facts: dict[str, Any], table: str
) -> None:
    if args.output:
        with written_whole(args.output) as file:
            file.write((json.dumps(everything, allow_nan=False) + "\n").encode())
    print(json.dumps(facts, allow_nan=False) if args.json else table)
    for name in (args.output, args.video, args.report):
        if name and not args.json:
            print(f"written           {Path(name)}")
