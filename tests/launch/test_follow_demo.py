"""The launch file, under ROS's own launch: skipped where that is not installed."""

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
pytest.importorskip("pybullet")

from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch_ros.actions import Node

from elcd_policy_ros2.graph import ARGUMENTS, NodeDescription
from launch import LaunchContext

FILE = Path(__file__).parents[2] / "launch" / "follow_demo.launch.py"


@pytest.fixture(scope="module")
def launch_file() -> ModuleType:
    spec = importlib.util.spec_from_file_location("follow_demo_launch", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_declares_the_arguments_of_the_graph(launch_file: ModuleType) -> None:
    declared = {
        entity.name: entity
        for entity in launch_file.generate_launch_description().entities
        if isinstance(entity, DeclareLaunchArgument)
    }
    assert list(declared) == [setting.name for setting in ARGUMENTS]
    assert "1 to 1000 Hz" in declared["rate"].description
    assert declared["gui"].choices == ["true", "false"]


def test_a_node_becomes_one_of_launch_or_a_process_of_another_python(
    launch_file: ModuleType,
) -> None:
    own = launch_file.action(NodeDescription("policy_node", {"rate": 50.0}, namespace="arm1"))
    other = launch_file.action(NodeDescription("sim_node", {}, interpreter=sys.executable))
    assert isinstance(own, Node)
    assert (own.node_package, own.node_executable) == ("elcd_policy", "policy_node")
    assert isinstance(other, ExecuteProcess)
    assert not isinstance(other, Node)
    command = [word.perform(LaunchContext()) for words in other.cmd for word in words]
    assert command[:3] == [sys.executable, "-m", "elcd_policy_ros2.sim_node"]


def ros2_launch(*words: str) -> subprocess.CompletedProcess[str]:
    from elcd_policy_ros2.bringup import free_domain_id

    code = "import sys; from ros2cli.cli import main; sys.exit(main())"
    environment: dict[str, Any] = {
        **os.environ,
        "ROS_DOMAIN_ID": str(free_domain_id()),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    }
    return subprocess.run(
        [sys.executable, "-c", code, "launch", str(FILE), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_unknown_argument_is_refused_by_name() -> None:
    pytest.importorskip("ros2launch")
    result = ros2_launch("plicy:=x")
    assert result.returncode == 1
    assert "unknown launch argument: got plicy, expected one of config" in result.stdout
