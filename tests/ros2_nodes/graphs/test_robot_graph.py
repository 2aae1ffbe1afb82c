"""The graphs around a real robot: what they start, how it is wired, what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_ros2.graphs.node_description import NodeDescription
from elcd_policy_ros2.graphs.robot_graph import (
    REAL_ARM_ARGUMENTS,
    RECORD_DEMO_ARGUMENTS,
    real_arm,
    record_demo,
)
from elcd_policy_ros2.node.node_settings import RECORDER_NODE
from elcd_policy_ros2.node.policy_settings import POLICY_NODE
from elcd_policy_ros2.node.setting import Setting, resolve_settings

CONFIGS = Path(__file__).parents[3] / "config"


def check_parameters(node: NodeDescription, settings: tuple[Setting, ...]) -> None:
    known = {setting.name: setting for setting in settings}
    for name, value in node.given.items():
        if name != "use_sim_time":
            assert known[name].check(value) == value


def arm(tmp_path: Path, **given: Any) -> NodeDescription:
    policy = tmp_path / "policy.pt"
    policy.touch()
    arguments = resolve_settings({"policy": str(policy), **given}, REAL_ARM_ARGUMENTS)
    (node,) = real_arm(arguments, CONFIGS)
    return node


@pytest.mark.parametrize(
    ("given", "remapping", "config"),
    [
        ({}, ("cmd_vel", "servo_node/delta_twist_cmds"), "servo.yaml"),
        ({"servo_node": "servo"}, ("cmd_vel", "servo/delta_twist_cmds"), "servo.yaml"),
        (
            {"way": "ros2_control", "controller": "arm_velocity"},
            ("~/joint_cmd", "arm_velocity/commands"),
            "ros2_control.yaml",
        ),
    ],
)
def test_commands_go_where_the_receiver_listens(
    tmp_path: Path, given: dict, remapping: tuple, config: str
) -> None:
    node = arm(tmp_path, **given)
    check_parameters(node, POLICY_NODE)
    assert node.remappings == (remapping,)
    assert node.parameter_files == (str(CONFIGS / config),)


def test_what_is_not_said_moves_nothing(tmp_path: Path) -> None:
    parameters = arm(tmp_path, namespace="left").parameters
    assert parameters["dry_run"] is True
    assert parameters["require_enable"] is True
    assert parameters["autostart"] is False


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"policy": "/nowhere.pt"}, "'policy' is not a file: got '/nowhere.pt'"),
        ({"policy": ""}, "'policy' is not a file: got nothing, expected the path of a file"),
        ({"config": "/nowhere.yaml"}, "'config' is not a file: got '/nowhere.yaml'"),
        ({"way": "moveit"}, "'way' has a bad value: got 'moveit', expected one of servo, ros2_con"),
        ({"polcy": "x"}, "unknown launch argument: got polcy, expected one of autostart, config"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, given: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        arm(tmp_path, **given)


@pytest.mark.parametrize(
    ("states", "kind"),
    [("poses", "geometry_msgs/PoseStamped"), ("joints", "sensor_msgs/JointState")],
)
def test_the_recorder_takes_poses_or_joints(states: str, kind: str) -> None:
    (node,) = record_demo(
        resolve_settings({"states": states, "robot": "ur5e"}, RECORD_DEMO_ARGUMENTS)
    )
    check_parameters(node, RECORDER_NODE)
    assert node.parameters["state_in_type"] == kind
