"""The one description of the node graph: arguments, nodes, command lines, environments."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from elcd_policy import fit, load
from elcd_policy.errors import ElcdError, MissingExtraError, ParameterError
from elcd_policy.training import TrainingSettings
from elcd_policy_ros2.graphs.graph import (
    ARGUMENTS,
    TWO_ARMS_ARGUMENTS,
    follow_demo,
    pushes_for,
    resolve_arguments,
    two_arms,
)
from elcd_policy_ros2.graphs.node_description import NEEDS, NodeDescription
from elcd_policy_ros2.node import node_settings, policy_settings
from elcd_policy_ros2.node.setting import resolve_settings
from elcd_policy_sim import default_pushes, load_robot, parse_pushes
from elcd_policy_sim.arm import installed_engines

from ..conftest import PLACEMENT, curves

Saved = Callable[..., Path]

SETTINGS = {
    "policy_node": policy_settings.POLICY_NODE,
    "recorder_node": node_settings.RECORDER_NODE,
    "sim_node": node_settings.SIM_NODE,
}
CONFIG = Path(__file__).parents[3] / "config"


def graph(policy_file: Path, **given: object) -> tuple[NodeDescription, NodeDescription]:
    return follow_demo(policy_file, load(policy_file).metadata, resolve_arguments(given))


def test_every_parameter_of_the_graph_is_one_of_its_node(policy_file: Path) -> None:
    for node in graph(policy_file):
        known = {setting.name: setting for setting in SETTINGS[node.executable]}
        for name, value in node.given.items():
            if name != "use_sim_time":
                assert known[name].check(value) == value


def test_two_arms_share_one_clock_and_nothing_else(policy_file: Path) -> None:
    policy = policy_file, load(policy_file).metadata
    arguments = resolve_settings({"robot2": "iiwa", "rate": 50.0}, TWO_ARMS_ARGUMENTS)
    nodes = two_arms([policy, policy], arguments)
    labels = ["arm1/policy_node", "arm1/sim_node", "arm2/policy_node", "arm2/sim_node"]
    assert [node.label for node in nodes] == labels
    assert [node.parameters.get("clock") for node in nodes] == [None, "publish", None, "follow"]
    assert [node.parameters.get("robot") for node in nodes] == [None, "panda", None, "iiwa"]
    assert {node.parameters["rate"] for node in nodes} == {50.0}


def test_the_arm_starts_where_the_demonstrations_did(policy_file: Path) -> None:
    policy_node, sim_node = graph(policy_file)
    start = PLACEMENT.to_robot(load(policy_file).metadata.starts[0])
    np.testing.assert_allclose(sim_node.parameters["start"], start)
    assert "placement_origin" not in policy_node.given  # the file has its own
    assert policy_node.parameters["use_sim_time"] is True
    assert sim_node.parameters["use_sim_time"] is False


def test_a_policy_without_a_placement_is_put_on_the_robots_plane(
    tmp_path: Path, saved: Saved
) -> None:
    quick = TrainingSettings(couplings=2, width=8, linear_steps=2, shooting_steps=0)
    file = saved(fit(curves(), settings=quick, progress=False), tmp_path / "bare.pt")
    policy_node, sim_node = graph(file)
    placement = load_robot("panda").placement_for(curves())
    given = policy_node.given
    np.testing.assert_allclose(given["placement_origin"], placement.origin)
    assert given["placement_metres_per_unit"] == pytest.approx(placement.metres_per_unit)
    np.testing.assert_allclose(
        sim_node.parameters["start"], placement.to_robot(curves()[0].position[0])
    )


def test_pushes_survive_the_command_line(policy_file: Path) -> None:
    _, sim_node = graph(policy_file, seed=3)
    duration = load(policy_file).metadata.duration
    expected = default_pushes(duration, load_robot("panda"), 3)
    assert parse_pushes(sim_node.parameters["pushes"]) == expected
    assert pushes_for("none", 3.0, "panda", 0) == []
    assert pushes_for("1:2,3,4:0.5", 3.0, "panda", 0) == parse_pushes("1:2,3,4:0.5")


def test_the_command_line_says_everything_as_yaml() -> None:
    node = NodeDescription(
        "sim_node",
        {"gui": True, "rate": 50.0, "start": (0.5, 0.0, 0.4), "pushes": "1:2,3,4:1", "log": ()},
        namespace="arm1",
        remappings=(("cmd_vel", "/servo/cmd"),),
        parameter_files=("panda.yaml",),
    )
    command = node.command()
    assert command[:3] == [sys.executable, "-m", "elcd_policy_ros2.sim_node"]
    assert command[3:10] == [
        *("--ros-args", "-r", "__ns:=/arm1", "-r", "cmd_vel:=/servo/cmd"),
        *("--params-file", "panda.yaml"),
    ]
    values = dict(word.split(":=", 1) for word in command[11::2])
    assert {name: yaml.safe_load(text) for name, text in values.items()} == {
        "gui": True,
        "rate": 50.0,
        "start": [0.5, 0.0, 0.4],
        "pushes": "1:2,3,4:1",
    }
    assert json.loads(values["pushes"]) == "1:2,3,4:1"


def test_another_interpreter_gets_none_of_this_ones_ros() -> None:
    base = {"PYTHONPATH": "/opt/ros", "LD_LIBRARY_PATH": "/x", "ROS_DOMAIN_ID": "7", "HOME": "/h"}
    own = NodeDescription("sim_node", {})
    other = NodeDescription("sim_node", {}, interpreter="/other/bin/python3")
    assert own.environment(base) == base
    assert other.environment(base) == {"ROS_DOMAIN_ID": "7", "HOME": "/h"}
    assert other.command()[0] == "/other/bin/python3"


def test_the_simulator_needs_one_engine_or_the_named_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pybullet", None)
    if "mujoco" in installed_engines():
        NodeDescription("sim_node", {}).check({})
    with pytest.raises(MissingExtraError, match=r"elcd_policy\[sim\].*elcd_policy\[mujoco\]"):
        NodeDescription("sim_node", {"engine": "pybullet"}).check({})
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtraError, match="'pybullet' is not installed"):
        NodeDescription("sim_node", {}).check({})
    NodeDescription("policy_node", {}).check({})


def test_what_an_interpreter_lacks_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NEEDS, "sim_node", {"no_such_module": "sim"})
    with pytest.raises(MissingExtraError, match=r"pip install 'elcd_policy\[sim\]'"):
        NodeDescription("sim_node", {}).check({})
    with pytest.raises(MissingExtraError, match=f"'no_such_module'.*into {sys.executable}"):
        NodeDescription("sim_node", {}, interpreter=sys.executable).check({})
    with pytest.raises(ParameterError, match="sim_python is not a program: got /no/python"):
        NodeDescription("sim_node", {}, interpreter="/no/python").check({})
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(ElcdError, match="sim_python can't list its modules"):
        NodeDescription("sim_node", {}, interpreter=str(broken)).check({})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"plicy": "x"}, "unknown launch argument: got plicy, expected one of config, duration"),
        ({"rate": "abc"}, "'rate' has a bad value: got abc, expected a number"),
        ({"rate": "0.1"}, "expected 1 to 1000 Hz"),
        ({"gui": "perhaps"}, "'gui' has a bad value: got perhaps, expected a truth value"),
    ],
)
def test_bad_arguments_are_named(given: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        resolve_arguments(given)


def test_an_unknown_robot_or_push_is_named(policy_file: Path) -> None:
    with pytest.raises(ParameterError, match="unknown robot: got 'pandda'"):
        graph(policy_file, robot="pandda")
    with pytest.raises(ParameterError, match="a push can't be read: got '1:2'"):
        graph(policy_file, pushes="1:2")


def test_a_missing_parameter_file_is_named(policy_file: Path) -> None:
    with pytest.raises(ParameterError, match=r"'config' is not a file: got '/nowhere\.yaml'"):
        graph(policy_file, config="/nowhere.yaml")


def test_every_default_argument_is_a_good_one() -> None:
    for setting in ARGUMENTS:
        assert setting.parse(setting.text) == setting.default


@pytest.mark.parametrize("file", sorted(CONFIG.glob("*.yaml")), ids=lambda file: file.name)
def test_the_parameter_files_hold_good_values_of_their_nodes(file: Path) -> None:
    for node, content in yaml.safe_load(file.read_text()).items():
        known = {setting.name: setting for setting in SETTINGS[node.rpartition("/")[2]]}
        for name, value in content["ros__parameters"].items():
            assert type(known[name].default) in (type(value), tuple)  # rclcpp: 2 is no double
            known[name].check(value)
