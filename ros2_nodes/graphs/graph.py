"""The simulated node graphs, described once: `elcd demo` and the launch files bring these up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from elcd_policy.metadata import PolicyMetadata
from elcd_policy.robot.orientation import quaternion_from_matrix
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.task_space import TaskSpace, goal_orientation
from elcd_policy_sim import Push, Robot, default_pushes, load_robot, parse_pushes

from ..node.setting import Setting, Value, resolve_settings
from .node_description import NodeDescription, check_file

ARGUMENTS = (
    Setting("policy", "", "Exported policy (.pt) to follow; none trains one on 'source'"),
    Setting("source", "lasa:Sshape", "Demonstrations to train on: lasa:NAME, a file or a folder"),
    Setting("robot", "panda", "Name of the simulated robot, or the path of its YAML file"),
    Setting(
        "engine",
        "auto",
        "Physics engine of the simulator; auto: PyBullet where it is installed, else MuJoCo",
        choices=("auto", "pybullet", "mujoco"),
    ),
    Setting("gui", False, "Open the simulator's window"),
    Setting(
        "pushes",
        "default",
        "'default', 'none', or t:fx,fy,fz:duration in s, N and s, separated by blanks or ';'; "
        "t counts from the first command",
    ),
    Setting("rate", 100.0, "Rate of states and commands", "Hz", 1.0, 1000.0),
    Setting("namespace", "", "Namespace of all nodes, such as arm1"),
    Setting("sim_python", "", "Interpreter for sim_node; none for the one of the other nodes"),
    Setting("seed", 0, "Seed of training and of the default pushes", "", 0, 2**31 - 1),
    Setting("real_time_factor", 1.0, "Simulated seconds per second", "", 0.01, 100.0),
    Setting(
        "duration",
        0.0,
        "Simulated time from the first command to the end; 0 for no end",
        "s",
        0.0,
        1e6,
    ),
    Setting("log_file", "", "Where the episode is saved at the end (.npz)"),
    Setting("config", "", "YAML file with more parameters of the nodes"),
)
"""Launch arguments of follow_demo."""

ARMS = "arm1", "arm2"
"""Namespaces of two_arms; the first one's simulator makes the time of both."""

TWO_ARMS_ARGUMENTS = (
    *(
        setting
        for setting in ARGUMENTS
        if setting.name not in ("namespace", "gui", "log_file", "duration")
    ),
    Setting("policy2", "", "Exported policy of the second arm; none for the first one's"),
    Setting("robot2", "", "Robot of the second arm; none for the first one's"),
)
"""Launch arguments of two_arms."""

SIMULATED_LIMITS = {"max_speed": 0.6, "max_angular_speed": 2.0, "max_acceleration": 4.0}
"""m/s, rad/s and m/s^2: demonstrations at their own speed; nobody stands beside this arm."""


def resolve_arguments(given: Mapping[str, Value]) -> dict[str, Any]:
    """Return all arguments of `follow_demo`: the given ones, checked, and the others' defaults.

    Raises
    ------
    ParameterError
        If a name is unknown or a value is bad.
    """
    return resolve_settings(given, ARGUMENTS)


def placement_of(metadata: PolicyMetadata, robot: Robot) -> Placement:
    """Return the placement of a policy: its file's own, or the robot's default for it."""
    return metadata.placement or robot.placement_for(metadata)


def check_prerequisites(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Find what would stop the graph, before any time is spent on training.

    Raises
    ------
    ElcdError
        If the robot is unknown, a push can't be read, or an interpreter lacks a module.
    """
    pushes_for(arguments["pushes"], 1.0, arguments["robot"], arguments["seed"])
    load_robot(arguments["robot"])
    NodeDescription("policy_node", {}).check(environment)
    simulator = {"engine": arguments["engine"]}
    NodeDescription("sim_node", simulator, interpreter=arguments["sim_python"]).check(environment)


def pushes_for(text: str, duration: float, robot: str, seed: int) -> list[Push]:
    """Return the pushes that an argument means, for a motion of that duration in s."""
    if text == "none":
        return []
    if text == "default":
        return default_pushes(duration, load_robot(robot), seed)
    return parse_pushes(text)


def follow_demo(
    policy_file: str | Path, metadata: PolicyMetadata, arguments: Mapping[str, Any]
) -> tuple[NodeDescription, NodeDescription]:
    """Return the policy and a simulated arm that follows it from the demonstrated start.

    Parameters
    ----------
    policy_file : the exported policy.
    metadata : of that file.
    arguments : see `resolve_arguments`.

    Raises
    ------
    ElcdError
        If the robot is unknown, a push can't be read, or the policy can't be placed.
    """
    robot = load_robot(arguments["robot"])
    placement = placement_of(metadata, robot)
    start, orientation = _start(metadata, placement)
    pushes = pushes_for(
        arguments["pushes"], metadata.duration, arguments["robot"], arguments["seed"]
    )
    placed: dict[str, Value] = {}
    if metadata.placement is None:
        placed = {
            "placement_origin": tuple(placement.origin.tolist()),
            "placement_rotation": tuple(quaternion_from_matrix(placement.rotation).tolist()),
            "placement_metres_per_unit": placement.metres_per_unit,
        }
    namespace, config = arguments["namespace"], arguments["config"]
    files = (check_file("config", config),) if config else ()
    policy_node = NodeDescription(
        "policy_node",
        {
            "use_sim_time": True,
            "autostart": True,
            "policy_file": str(Path(policy_file).absolute()),
            "rate": arguments["rate"],
            **SIMULATED_LIMITS,
            **placed,
        },
        namespace=namespace,
        parameter_files=files,
    )
    sim_node = NodeDescription(
        "sim_node",
        {
            "use_sim_time": False,
            "robot": arguments["robot"],
            "rate": arguments["rate"],
            "start": start,
            "start_orientation": orientation,
            "pushes": " ".join(_text(push) for push in pushes),
            "engine": arguments["engine"],
            "gui": arguments["gui"],
            "real_time_factor": arguments["real_time_factor"],
            "duration": arguments["duration"],
            "log_file": arguments["log_file"],
        },
        namespace=namespace,
        interpreter=arguments["sim_python"],
        parameter_files=files,
    )
    return policy_node, sim_node


def two_arms(
    policies: Sequence[tuple[str | Path, PolicyMetadata]], arguments: Mapping[str, Any]
) -> tuple[NodeDescription, ...]:
    """Return two policies and two simulated arms in one graph, in the namespaces `ARMS`.

    Parameters
    ----------
    policies : file and metadata of each arm's policy.
    arguments : of `TWO_ARMS_ARGUMENTS`.

    Raises
    ------
    ElcdError
        As `follow_demo`.
    """
    common = {**resolve_arguments({}), **arguments}
    robots = arguments["robot"], arguments["robot2"] or arguments["robot"]
    nodes: list[NodeDescription] = []
    for name, robot, (file, metadata) in zip(ARMS, robots, policies, strict=True):
        policy_node, sim_node = follow_demo(
            file, metadata, common | {"namespace": name, "robot": robot}
        )
        clock = "follow" if nodes else "publish"
        nodes += [
            policy_node,
            replace(sim_node, parameters={**sim_node.parameters, "clock": clock}),
        ]
    return tuple(nodes)


def _start(
    metadata: PolicyMetadata, placement: Placement
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return where the first demonstration starts: position in m and, of a pose, quaternion."""
    if not metadata.starts:
        return (), ()
    orientation = goal_orientation(metadata, placement)
    if orientation is None:
        return tuple(placement.to_robot(metadata.starts[0]).tolist()), ()
    task = TaskSpace(placement, metadata.dimension, orientation)
    position, quaternion = task.pose(metadata.starts[0])
    return tuple(position.tolist()), tuple(quaternion.tolist())


def _text(push: Push) -> str:
    return f"{push.time!r}:{','.join(map(repr, push.force))}:{push.duration!r}"
