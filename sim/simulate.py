"""Disturb an arm that follows a policy, and measure how it recovers.

Each episode starts where a demonstration did, in a physics of its own, with a torque-driven arm
that follows the field. The file's placement says where, else the robot's writing plane. Exit
status 1 if a rollout of the field itself, without the arm, leaves its certified envelope.
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from elcd_policy.errors import ParameterError
from elcd_policy.obstacles import load_obstacles
from elcd_policy.robot.orientation import unit_quaternion
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.policy_coordinates import check_coordinates
from elcd_policy.utils.files import write_atomically

from .arm.engines import AUTO, CHOICES
from .campaigns import Runner, compare, comparison_table, count_cores, run_campaign, run_sweep
from .disturbances import KINDS, Disturbance, RandomPush, read_disturbances
from .episodes import AvoidingMotion, EpisodeSettings, PolicyMotion, Scene
from .film import check_film, film_worst_episode
from .report import campaign_table, check_report, sweep_table, write_report
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
    parser.add_argument(
        "--engine",
        choices=CHOICES,
        default=AUTO,
        help="of physics and film (PyBullet where it is installed)",
    )
    parser.add_argument("--gui", action="store_true", help="watch in the engine's window")
    parser.add_argument("--output", metavar="FILE", help="keep all results, as JSON")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Run the campaign, the comparison or the sweep.

    Returns
    -------
    int
        0, or 1 if a rollout of the field has left its certified envelope.
    """
    if args.video:
        check_film(args.video)
    if args.report:
        check_report(args.report)
    if args.compare and args.obstacles:
        raise ParameterError(
            "other methods know no obstacles", got="--compare and --obstacles", expected="one"
        )
    motion = load_motion(args.policy, args.obstacles)
    facts, robot = motion.policy.metadata, load_robot(args.robot)
    check_coordinates(facts, what=f"the policy in {args.policy}")
    placement = override_placement(
        facts.placement or robot.placement_for(facts),
        origin=_numbers(args.origin, "--origin", 3),
        quaternion=_numbers(args.plane, "--plane", 4),
        metres_per_unit=args.scale,
    )
    runner = Runner(Scene.of(motion.policy, robot, placement), motion, args.seed, args.gui)
    settings = EpisodeSettings(
        choose_disturbances(args.disturb, pushes=args.pushes, episodes=args.episodes),
        args.rate,
        args.physics_rate,
        args.latency,
        args.duration,
        args.engine,
    )
    workers = 1 if args.gui else count_cores() if args.workers is None else args.workers
    count = args.pushes if args.pushes is not None else args.episodes
    command = _format_command(vars(args))
    if args.sweep:
        count = SWEEP_EPISODES if count is None else count
        sweep = {**run_sweep(runner, settings, count, workers), "command": command}
        _print(sweep, sweep, sweep_table(sweep), json_only=args.json, output=args.output)
        return 0
    count = EPISODES if count is None else count
    if args.compare:
        found = compare(runner, settings, count, workers=workers)
        results = [replace(each, command=command) for each in found]
        everything = {"campaigns": [result.to_dict() for result in results]}
        figures = {"campaigns": [result.facts() for result in results]}
        table = comparison_table(results)
    else:
        found = [run_campaign(runner, settings, count, workers=workers)]
        results = [replace(each, command=command) for each in found]
        everything, figures = results[0].to_dict(), results[0].facts()
        table = campaign_table(results[0])
    if args.video:
        film_worst_episode(runner, settings, results[0], args.video)
    if args.report:
        write_report(args.report, results)
    _print(
        everything,
        figures,
        table,
        json_only=args.json,
        output=args.output,
        written=(args.video, args.report),
    )
    return 0 if results[0].within_envelope else 1


def load_motion(policy: str | Path, obstacles: str | Path | None = None) -> PolicyMotion:
    """Load a policy file as a motion, bent around the obstacles of a YAML file if there is one."""
    if obstacles is None:
        return PolicyMotion(policy)
    return AvoidingMotion(policy, *load_obstacles(obstacles))


def override_placement(
    placement: Placement,
    *,
    origin: ArrayLike | None = None,
    quaternion: ArrayLike | None = None,
    metres_per_unit: float | None = None,
) -> Placement:
    """Replace the given parts of a placement: origin [3] in m, quaternion [4] x y z w, scale."""
    rotation = placement.rotation
    if quaternion is not None:
        rotation = Rotation.from_quat(unit_quaternion(quaternion)).as_matrix()
    return Placement(
        rotation,
        placement.origin if origin is None else np.asarray(origin, dtype=np.float64),
        placement.metres_per_unit if metres_per_unit is None else metres_per_unit,
    )


def choose_disturbances(
    sources: Sequence[str], *, pushes: int | None = None, episodes: int | None = None
) -> tuple[Disturbance, ...]:
    """Read disturbances from texts and files, a random push before them unless not wanted.

    Parameters
    ----------
    sources : see `read_disturbances`.
    pushes : episodes with a random push each, if given.
    episodes : episodes without, if given.
    """
    given = read_disturbances(sources)
    if pushes is not None or (episodes is None and not given):
        given.insert(0, RandomPush())
    return tuple(given)


def _numbers(text: str | None, option: str, count: int) -> list[float] | None:
    if text is None:
        return None
    try:
        values = [float(value) for value in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not np.isfinite(values).all():
        raise ParameterError(
            f"{option} can't be read", got=text, expected=f"{count} finite numbers with ',' between"
        )
    return values


def _format_command(options: dict[str, Any]) -> str:
    """Format the command line that asks for this, without what does not change the numbers."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    defaults = vars(parser.parse_args(["-"]))
    words = ["elcd", "simulate", Path(options["policy"]).name]
    for name, value in options.items():
        if name in ("policy", "json", "gui", "workers", "output", "video", "report"):
            continue
        if value != defaults[name]:
            option = f"--{name.replace('_', '-')}"
            values = value if isinstance(value, list) else [value]
            words += [option] if value is True else [w for v in values for w in (option, str(v))]
    return shlex.join(words)


def _print(
    everything: dict[str, Any],
    facts: dict[str, Any],
    table: str,
    *,
    json_only: bool,
    output: str | None,
    written: Sequence[str | None] = (),
) -> None:
    if output:
        with write_atomically(output) as file:
            file.write((json.dumps(everything, allow_nan=False) + "\n").encode())
    print(json.dumps(facts, allow_nan=False) if json_only else table)
    for name in (output, *written):
        if name and not json_only:
            print(f"written           {Path(name)}")
