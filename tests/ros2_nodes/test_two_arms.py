"""Two policies and two simulated Pandas in one graph, moved by joint velocities alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pinocchio")
from elcd_policy_sim.arm import installed_engines

if not installed_engines():
    pytest.skip("no physics engine is installed", allow_module_level=True)

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState

from elcd_policy import load
from elcd_policy_ros2.graphs.bringup import Bringup
from elcd_policy_ros2.graphs.graph import ARMS, TWO_ARMS_ARGUMENTS, two_arms
from elcd_policy_ros2.graphs.node_description import NodeDescription
from elcd_policy_ros2.node.messages import LATCHED_QOS, position_of, seconds
from elcd_policy_ros2.node.setting import resolve_settings

from .conftest import PLACEMENT, Ros

BY_JOINTS = {
    "state_in_type": "sensor_msgs/JointState",
    "command_out_type": "std_msgs/Float64MultiArray",
    "tcp_frame": "panda_grasptarget",
    "goal_tolerance": 0.004,
    "joint_goal_tolerance": 0.02,
    "state_timeout": 2.0,  # four processes on a busy machine
}


def moved_by_joints(node: NodeDescription) -> NodeDescription:
    """A node of the graph as a velocity controller wants it, with the URDF's own frames."""
    parameters = {**node.parameters, "base_frame": "panda_link0"}
    if node.executable == "sim_node":
        return replace(node, parameters=parameters)
    return replace(
        node,
        parameters=parameters | BY_JOINTS,
        remappings=(("~/joint_cmd", "velocity_controller/commands"),),
    )


def test_each_arm_reaches_its_own_goal_in_one_time(
    ros: Ros, policy_file: Path, joint_policy_file: Path, tmp_path: Path
) -> None:
    policies = [(file, load(file).metadata) for file in (policy_file, policy_file)]
    arguments = resolve_settings({"pushes": "none", "rate": 50.0}, TWO_ARMS_ARGUMENTS)
    policy1, sim1, policy2, sim2 = map(moved_by_joints, two_arms(policies, arguments))
    policy2 = replace(
        policy2, parameters={**policy2.parameters, "policy_file": str(joint_policy_file)}
    )
    with Bringup([policy1, sim1, policy2, sim2], tmp_path, ros.domain_id):
        ros.start()
        statuses = [
            ros.listen(DiagnosticStatus, f"/{arm}/policy_node/status", LATCHED_QOS) for arm in ARMS
        ]
        poses = ros.listen(PoseStamped, "/arm1/ee_pose", 1)
        joints = ros.listen(JointState, "/arm2/joint_states", 1)
        clocks = ros.listen(Clock, "/clock", 1)

        def reached() -> bool:
            return all(said and "goal reached" in said[-1].message for said in statuses)

        ros.until(reached, patience=120.0)
        assert ros.probe.count_publishers("/clock") == 1
        topics = {name for name, _ in ros.probe.get_topic_names_and_types()}
        assert not {"/cmd_vel", "/ee_pose", "/joint_states", "/policy_node/status"} & topics
    goal = PLACEMENT.to_robot(load(policy_file).get_goal())
    assert np.linalg.norm(position_of(poses[-1].pose) - goal) < 0.006
    joint_goal = load(joint_policy_file).get_goal()
    assert np.linalg.norm(np.array(joints[-1].position) - joint_goal) < 0.04
    times = np.array([seconds(clock.clock) for clock in clocks])
    assert (np.diff(times) > 0).all()  # one time, made by one simulator
    assert abs(seconds(joints[-1].header.stamp) - seconds(poses[-1].header.stamp)) < 1.0
