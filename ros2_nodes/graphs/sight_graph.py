"""The graph that reaches what it sees: a policy, a simulated arm with a camera, a goal detector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from elcd_policy.metadata import PolicyMetadata
from elcd_policy.perception import load_detector
from elcd_policy_sim.vision.detector_training import DETECTOR
from elcd_policy_sim.vision.table_scene import Move, parse_moves, sample_place, validate_place

from ..node.setting import Setting, Value
from . import graph
from .graph import ARGUMENTS, follow_demo, resolve_arguments
from .node_description import NodeDescription

DEFAULT, NONE = "default", "none"
SOURCE = "data/pick_and_place_arc"
HEIGHT = 0.1
"""m, of the TCP above the box's centre at the end: its fingers stay clear of the box."""

_KEPT = (
    "policy",
    "robot",
    "engine",
    "gui",
    "rate",
    "sim_python",
    "seed",
    "duration",
    "log_file",
    "config",
)

PICK_BY_SIGHT_ARGUMENTS = (
    Setting("source", SOURCE, "Demonstrations in space to train on: a file or a folder"),
    *(setting for setting in ARGUMENTS if setting.name in _KEPT),
    Setting("detector", "", "Detector (.pt) that finds the box; none for the package's own"),
    Setting("box", (), "Where the box stands; none for a place drawn by 'seed'", "m", size=2),
    Setting(
        "box_moves",
        DEFAULT,
        "'default': once, after the demonstrated time; 'none'; or when it is put elsewhere, and "
        "where: t:x,y in s and m, separated by blanks or ';'; t counts from the first command",
    ),
)
"""Launch arguments of pick_by_sight; 'seed' draws light, colours and clutter, too."""


def check_prerequisites(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Find what would stop the graph, before any time is spent on training.

    Raises
    ------
    ElcdError
        If the robot is unknown, the box can't stand there, the detector can't be read, or an
        interpreter lacks a module.
    """
    graph.check_prerequisites({**arguments, "pushes": NONE}, environment)
    NodeDescription("goal_node", {}).check(environment)
    box_places(arguments, 1.0)
    load_detector(arguments["detector"] or DETECTOR)


def box_places(
    arguments: Mapping[str, Any], duration: float
) -> tuple[tuple[float, float], list[Move]]:
    """Return where the box stands at first, and its moves.

    Parameters
    ----------
    arguments : of `PICK_BY_SIGHT_ARGUMENTS`.
    duration : of the demonstrated motion, s.

    Raises
    ------
    ParameterError
        If the box can't stand there, or a move can't be read.
    """
    seed, text = arguments["seed"], arguments["box_moves"]
    place = validate_place(arguments["box"]) if arguments["box"] else sample_place(seed)
    if text == NONE:
        return place, []
    if text == DEFAULT:
        return place, [Move(round(duration, 2), sample_place(seed, 1))]
    return place, parse_moves(text)


def pick_by_sight(
    policy_file: str | Path, metadata: PolicyMetadata, arguments: Mapping[str, Any]
) -> tuple[NodeDescription, ...]:
    """Return a policy whose goal is where a camera sees the box.

    The arm begins to move once the box has been seen.

    Parameters
    ----------
    policy_file : the exported policy.
    metadata : of that file.
    arguments : of `PICK_BY_SIGHT_ARGUMENTS`.

    Raises
    ------
    ElcdError
        If the robot is unknown, the box can't stand there, or the policy can't be placed.
    """
    place, moves = box_places(arguments, metadata.duration)
    known = {setting.name for setting in ARGUMENTS}
    common = resolve_arguments({k: v for k, v in arguments.items() if k in known})
    policy_node, sim_node = follow_demo(policy_file, metadata, common | {"pushes": NONE})
    led: dict[str, Value] = {
        "wait_for_goal": True,
        # The field moves with the goal: it may be fast where the arm then stands, and the speed
        # limit keeps its streamlines; the box around the demonstrations is not its own then.
        "preflight": "warn",
        "workspace_margin": 0.25,
        "demonstrated_margin": 0.2,
    }
    seen: dict[str, Value] = {
        "camera": True,
        "scene_seed": arguments["seed"],
        "box": place,
        "box_moves": " ".join(map(str, moves)),
    }
    goal_node = NodeDescription(
        "goal_node",
        {
            "use_sim_time": True,
            "autostart": True,
            "detector_file": str(Path(arguments["detector"] or DETECTOR).absolute()),
            "height": HEIGHT,
        },
        parameter_files=policy_node.parameter_files,
        remappings=(("goal", "policy_node/goal"),),
    )
    return (
        replace(policy_node, parameters={**policy_node.parameters, **led}),
        replace(sim_node, parameters={**sim_node.parameters, **seen}),
        goal_node,
    )
