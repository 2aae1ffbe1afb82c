"""The node graph, described once: `elcd demo` and the launch file both bring up this one."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scipy.spatial.transform import Rotation

from elcd_policy.errors import ElcdError, MissingExtraError, ParameterError
from elcd_policy.metadata import PolicyMetadata
from elcd_policy.placement import Placement
from elcd_policy_sim import Push, Robot, default_pushes, load_robot, parse_pushes

from .settings import Setting, Value, check_names

PACKAGE = "elcd_policy"
MODULES = "elcd_policy_ros2"

NEEDS = {
    "policy_node": {"rclpy": "ros", "torch": ""},
    "sim_node": {"rclpy": "ros", "pybullet": "sim"},
}
"""What each executable imports besides this package, and the extra that brings it."""

PYBULLET_NOTE = (
    "PyBullet has wheels for Python 3.10 and 3.11 only; another interpreter that has them runs "
    "sim_node with sim_python:=/path/to/python"
)

ROS_ENVIRONMENT = (
    "AMENT_PREFIX_PATH",
    "CMAKE_PREFIX_PATH",
    "COLCON_PREFIX_PATH",
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
)
"""What belongs to one interpreter's ROS and breaks another's."""

ARGUMENTS = (
    Setting("policy", "", "Exported policy (.pt) to follow; none trains one on 'source'"),
    Setting("source", "lasa:Sshape", "Demonstrations to train on: lasa:NAME, a file or a folder"),
    Setting("robot", "panda", "Name of the simulated robot, or the path of its YAML file"),
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

SIMULATED_LIMITS = {"max_speed": 0.6, "max_acceleration": 4.0}
"""m/s and m/s^2: human demonstrations at their own speed; nobody stands beside this arm."""


@dataclass(frozen=True)
class NodeDescription:
    """One process of the graph.

    Parameters
    ----------
    executable : its name in the package, which is also the node's and the module's.
    parameters : values by name; empty arrays are left to the node's default.
    namespace : of the node, without a leading slash; empty for the root.
    interpreter : path of the Python that runs it; empty for the present one.
    parameter_files : YAML files; ``parameters`` win over them.
    remappings : (from, to) topic and service names.
    """

    executable: str
    parameters: Mapping[str, Value]
    namespace: str = ""
    interpreter: str = ""
    parameter_files: tuple[str, ...] = ()
    remappings: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    @property
    def given(self) -> dict[str, Value]:
        """The parameters that say something."""
        return {name: value for name, value in self.parameters.items() if value != ()}

    def command(self) -> list[str]:
        """The command line that runs the node without ROS's launch."""
        command = [self.interpreter or sys.executable, "-m", f"{MODULES}.{self.executable}"]
        command.append("--ros-args")
        if self.namespace:
            command += ["-r", f"__ns:=/{self.namespace.strip('/')}"]
        for old, new in self.remappings:
            command += ["-r", f"{old}:={new}"]
        for path in self.parameter_files:
            command += ["--params-file", path]
        for name, value in self.given.items():
            # JSON is YAML, and quotes every text.
            command += ["-p", f"{name}:={json.dumps(value)}"]
        return command

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The process's environment: another interpreter gets none of this one's ROS."""
        if not self.interpreter:
            return dict(base)
        return {name: value for name, value in base.items() if name not in ROS_ENVIRONMENT}

    def check(self, environment: Mapping[str, str]) -> None:
        """See that the interpreter has what the node imports.

        Raises
        ------
        ElcdError
            If the interpreter or a module is missing; it says how to mend that.
        """
        needs = NEEDS[self.executable]
        if not self.interpreter:
            missing = [name for name in needs if importlib.util.find_spec(name) is None]
        else:
            missing = _missing_in(
                self.interpreter, [*needs, MODULES], self.environment(environment)
            )
        for name in missing:
            note = PYBULLET_NOTE if name == "pybullet" else f"for {self.executable}"
            if self.interpreter:
                note += f", into {self.interpreter}"
            raise MissingExtraError(name, needs.get(name) or "ros,sim", note)


def check_given(names: Iterable[str]) -> None:
    """Refuse names that are no arguments of the graph.

    Raises
    ------
    ParameterError
        It names the unknown and the known ones.
    """
    check_names(names, {setting.name: setting for setting in ARGUMENTS}, "launch argument")


def checked_arguments(given: Mapping[str, Value]) -> dict[str, Any]:
    """All arguments of the graph: the given ones, checked, and the others' defaults.

    Parameters
    ----------
    given : values by name; a text is read as on a command line.

    Raises
    ------
    ParameterError
        If a name is unknown or a value is bad.
    """
    check_given(given)
    known = {setting.name: setting for setting in ARGUMENTS}
    values: dict[str, Any] = {name: setting.default for name, setting in known.items()}
    for name, value in given.items():
        setting = known[name]
        values[name] = setting.parse(value) if isinstance(value, str) else setting.check(value)
    return values


def placement_of(metadata: PolicyMetadata, robot: Robot) -> Placement:
    """Where a policy lies: its file's own placement, or the robot's default for it."""
    return metadata.placement or robot.placement_for(metadata)


def preflight(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Find what would stop the graph, before any time is spent on training.

    Raises
    ------
    ElcdError
        If the robot is unknown, a push can't be read, or an interpreter lacks a module.
    """
    pushes_for(arguments["pushes"], 1.0, arguments["robot"], arguments["seed"])
    load_robot(arguments["robot"])
    NodeDescription("policy_node", {}).check(environment)
    NodeDescription("sim_node", {}, interpreter=arguments["sim_python"]).check(environment)


def pushes_for(text: str, duration: float, robot: str, seed: int) -> list[Push]:
    """The pushes that an argument means, for a motion of that duration in s."""
    if text == "none":
        return []
    if text == "default":
        return default_pushes(duration, load_robot(robot), seed)
    return parse_pushes(text)


def follow_demo(
    policy_file: str | Path, metadata: PolicyMetadata, arguments: Mapping[str, Any]
) -> tuple[NodeDescription, NodeDescription]:
    """The policy and a simulated arm that follows it from the demonstrated start.

    Parameters
    ----------
    policy_file : the exported policy.
    metadata : of that file.
    arguments : see `checked_arguments`.

    Raises
    ------
    ElcdError
        If the robot is unknown, a push can't be read, or the policy can't be placed.
    """
    robot = load_robot(arguments["robot"])
    placement = placement_of(metadata, robot)
    start = tuple(placement.to_robot(metadata.starts[0]).tolist()) if metadata.starts else ()
    pushes = pushes_for(
        arguments["pushes"], metadata.duration, arguments["robot"], arguments["seed"]
    )
    placed: dict[str, Value] = {}
    if metadata.placement is None:
        placed = {
            "placement_origin": tuple(placement.origin.tolist()),
            "placement_rotation": _quaternion(placement.rotation),
            "placement_metres_per_unit": placement.metres_per_unit,
        }
    namespace, config = arguments["namespace"], arguments["config"]
    files = (config,) if config else ()
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
            "pushes": " ".join(_text(push) for push in pushes),
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


def _text(push: Push) -> str:
    return f"{push.time!r}:{','.join(map(repr, push.force))}:{push.duration!r}"


def _quaternion(rotation: object) -> tuple[float, ...]:
    return tuple(Rotation.from_matrix(rotation).as_quat().tolist())


def _missing_in(interpreter: str, modules: list[str], environment: dict[str, str]) -> list[str]:
    """Which of the modules another interpreter can't find."""
    if shutil.which(interpreter) is None:
        raise ParameterError(
            "sim_python is no program", got=interpreter, expected="the path of a Python interpreter"
        )
    code = (
        "import importlib.util, sys; "
        "print(*(m for m in sys.argv[1:] if importlib.util.find_spec(m) is None))"
    )
    try:
        found = subprocess.run(
            [interpreter, "-c", code, *modules],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ElcdError(
            "sim_python can't be asked for its modules",
            got=f"{interpreter}: {error}",
            expected="a Python interpreter",
        ) from error
    return found.stdout.split()
