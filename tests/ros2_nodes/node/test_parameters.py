"""A node's parameters can be dumped as they are, and a node started from the dump."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rcl_interfaces.srv import GetParameters, ListParameters, SetParameters
from rclpy.parameter import Parameter, parameter_value_to_python

from elcd_policy_ros2.goal_node import GoalNode
from elcd_policy_ros2.policy_node import PolicyNode
from elcd_policy_ros2.recorder_node import RecorderNode
from elcd_policy_ros2.skill_node import SkillNode

from ..conftest import Ros


def dump(ros: Ros, name: str) -> dict[str, Any]:
    """All parameters of a node, asked for as `ros2 param dump` does."""
    names = ros.call(ListParameters, f"/{name}/list_parameters").result.names
    request = GetParameters.Request(names=names)
    values = ros.call(GetParameters, f"/{name}/get_parameters", request).values
    assert len(values) == len(names)
    pairs = zip(names, map(parameter_value_to_python, values), strict=True)
    return {key: list(v) if hasattr(v, "tolist") else v for key, v in pairs}


@pytest.mark.parametrize("create", [PolicyNode, GoalNode, SkillNode, RecorderNode])
def test_a_node_starts_from_its_own_dump(
    ros: Ros, create: Callable[[], Any], tmp_path: Path
) -> None:
    node = ros.start(create)
    name = node.get_name()
    dumped = dump(ros, name)
    assert None not in dumped.values()
    file = tmp_path / "dump.yaml"
    file.write_text(yaml.safe_dump({f"/{name}": {"ros__parameters": dumped}}))
    ros.close()
    ros.start(create, parameter_file=file)
    assert dump(ros, name) == dumped


def test_an_array_can_be_given_and_emptied_again(ros: Ros) -> None:
    node = ros.start(PolicyNode, workspace_lower="[0.1, 0.2, 0.3]")
    assert dump(ros, "policy_node")["workspace_lower"] == [0.1, 0.2, 0.3]
    empty = Parameter("workspace_lower", value=[]).to_parameter_msg()
    request = SetParameters.Request(parameters=[empty])
    assert ros.call(SetParameters, "/policy_node/set_parameters", request).results[0].successful
    assert dump(ros, "policy_node")["workspace_lower"] == []
    assert node.parameters["workspace_lower"] == ()
