"""The launch files, under ROS's own launch: skipped where that is not installed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("launch_ros")
from elcd_policy_sim.arm import installed_engines

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch_ros.actions import Node

from elcd_policy_ros2.graphs.graph import ARGUMENTS, TWO_ARMS_ARGUMENTS
from elcd_policy_ros2.graphs.launching import action
from elcd_policy_ros2.graphs.node_description import NodeDescription
from elcd_policy_ros2.graphs.robot_graph import REAL_ARM_ARGUMENTS, RECORD_DEMO_ARGUMENTS
from elcd_policy_ros2.graphs.sight_graph import PICK_BY_SIGHT_ARGUMENTS
from elcd_policy_ros2.node.setting import Setting
from launch import LaunchContext

FOLDER = Path(__file__).parents[2] / "launch"
FILES = {
    "follow_demo": ARGUMENTS,
    "real_arm": REAL_ARM_ARGUMENTS,
    "pick_by_sight": PICK_BY_SIGHT_ARGUMENTS,
    "record_demo": RECORD_DEMO_ARGUMENTS,
    "two_arms": TWO_ARMS_ARGUMENTS,
}


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.launch.py"


def launch_file(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{name}_launch", path_of(name))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_launch_file_is_known_here() -> None:
    assert {file.name for file in FOLDER.glob("*.py")} == {path_of(name).name for name in FILES}


@pytest.mark.parametrize(("name", "settings"), FILES.items())
def test_it_declares_the_arguments_of_its_graph(name: str, settings: tuple[Setting, ...]) -> None:
    declared = {
        entity.name: entity
        for entity in launch_file(name).generate_launch_description().entities
        if isinstance(entity, DeclareLaunchArgument)
    }
    assert list(declared) == [setting.name for setting in settings]
    for setting in settings:
        assert declared[setting.name].description.startswith(setting.meaning)
        assert declared[setting.name].choices == (setting.texts or None)


def test_a_node_becomes_one_of_launch_or_a_process_of_another_python() -> None:
    own = action(NodeDescription("policy_node", {"rate": 50.0}, namespace="arm1"))
    other = action(NodeDescription("sim_node", {}, interpreter=sys.executable))
    assert isinstance(own, Node)
    assert (own.node_package, own.node_executable) == ("elcd_policy", "policy_node")
    assert isinstance(other, ExecuteProcess)
    assert not isinstance(other, Node)
    command = [word.perform(LaunchContext()) for words in other.cmd for word in words]
    assert command[:3] == [sys.executable, "-m", "elcd_policy_ros2.sim_node"]


def ros2_launch(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    from elcd_policy_ros2.graphs.bringup import free_domain_id

    code = "import sys; from ros2cli.cli import main; sys.exit(main())"
    environment: dict[str, Any] = {
        **os.environ,
        "ROS_DOMAIN_ID": str(free_domain_id()),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    }
    return subprocess.run(
        [sys.executable, "-c", code, "launch", str(path_of(name)), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", FILES)
def test_an_unknown_argument_is_refused_by_name(name: str) -> None:
    pytest.importorskip("ros2launch")
    result = ros2_launch(name, "plicy:=x")
    assert result.returncode == 1
    assert "unknown launch argument: got plicy, expected one of " in result.stdout
