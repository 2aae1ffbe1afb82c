"""One process of a node graph: what runs it, and whether it can run."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from elcd_policy.errors import ElcdError, MissingExtraError, ParameterError

from ..node.setting import Value

PACKAGE = "elcd_policy"
MODULES = "elcd_policy_ros2"

NEEDS = {
    "policy_node": {"rclpy": "ros", "torch": ""},
    "goal_node": {"rclpy": "ros", "torch": ""},
    "skill_node": {"rclpy": "ros", "torch": ""},
    "recorder_node": {"rclpy": "ros", "rosbags": "rosbag"},
    "sim_node": {"rclpy": "ros"},
}
"""What each executable imports besides this package, and the extra that brings it."""

ENGINES = {"pybullet": "sim", "mujoco": "mujoco"}
"""What sim_node imports one of, by its parameter 'engine', and the extras."""

ENGINE_NOTE = (
    "PyBullet has wheels for Python 3.10 and 3.11 only, 'elcd_policy[mujoco]' brings the other "
    "engine; another interpreter that has one runs sim_node with sim_python:=/path/to/python"
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


def check_file(argument: str, path: str) -> str:
    """Return the path, for ROS's launch passes over a parameter file that does not exist.

    Raises
    ------
    ParameterError
        If there is no such file; it names the argument.
    """
    if not Path(path).is_file():
        raise ParameterError(
            f"'{argument}' is not a file",
            got=repr(path) if path else "nothing",
            expected="the path of a file",
        )
    return path


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
    def label(self) -> str:
        """Name of it in its graph: ``namespace/executable``."""
        return f"{self.namespace.strip('/')}/{self.executable}".lstrip("/")

    @property
    def given(self) -> dict[str, Value]:
        """Return the parameters that say something."""
        return {name: value for name, value in self.parameters.items() if value != ()}

    def command(self) -> list[str]:
        """Return the command line that runs the node without ROS's launch."""
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
        """Return the process's environment: another interpreter gets none of this one's ROS."""
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
        needs = dict(NEEDS[self.executable])
        engine = str(self.parameters.get("engine", "auto"))
        engines = [engine] if engine in ENGINES else list(ENGINES)
        asked = [*needs, *(engines if self.executable == "sim_node" else [])]
        if not self.interpreter:
            missing = [name for name in asked if importlib.util.find_spec(name) is None]
        else:
            missing = _missing_in(
                self.interpreter, [*asked, MODULES], self.environment(environment)
            )
        if set(engines) - set(missing):  # one is enough
            missing = [name for name in missing if name not in ENGINES]
        for name in missing:
            needs.update(ENGINES)
            note = ENGINE_NOTE if name in ENGINES else f"for {self.executable}"
            if self.interpreter:
                note += f", into {self.interpreter}"
            raise MissingExtraError(name, needs.get(name) or "ros,sim", note)


def _missing_in(interpreter: str, modules: list[str], environment: dict[str, str]) -> list[str]:
    """Return the modules that another interpreter can't find."""
    if shutil.which(interpreter) is None:
        raise ParameterError(
            "sim_python is not a program",
            got=interpreter,
            expected="the path of a Python interpreter",
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
            "sim_python can't list its modules",
            got=f"{interpreter}: {error}",
            expected="a Python interpreter",
        ) from error
    return found.stdout.split()
