"""Ports of a policy: the input of its states, its follower, the output of its commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node

from elcd_policy import LoadedPolicy
from elcd_policy.errors import ParameterError
from elcd_policy.robot.policy_coordinates import check_coordinates, moves_joints

from ..following.arm_kinematics import ArmKinematics
from ..following.follower import Follower
from ..following.joint_follower import ArmFollower, JointFollower
from ..following.policy_setup import Values, follower_for, retune_limits
from ..following.pose_follower import PoseFollower
from ..following.robot_motion import Motion
from ..node.messages import Mismatch
from ..node.robot_description import robot_description
from ..node.state_input import ArmPoseInput, JointStateInput, PoseInput, StateInput
from .command_output import (
    JOINT_VELOCITIES,
    JOINTS_TOPIC,
    TWIST_TOPIC,
    CommandOutput,
    JointVelocityOutput,
    TwistOutput,
)

POSE, JOINTS = "geometry_msgs/PoseStamped", "sensor_msgs/JointState"
"""Values of ``state_in_type``."""

DRY_RUN_TOPIC = "~/dry_run"
"""Takes the place of the command's topic when nothing may move."""


Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ports:
    """A follower between its input and its output; their states and commands fit.

    Parameters
    ----------
    input, follower, output : the way from a state to a command.
    joints : the same motion as one of joints, if they are known though twists are sent: only
        rehearsed, never followed.
    """

    input: StateInput[Any]
    follower: Motion[Any]
    output: CommandOutput
    joints: ArmFollower | None = None

    def select_rehearsal(self, now: float) -> tuple[Motion[Any], Any]:
        """Return the motion and the present state that tell most about the robot's limits."""
        if self.joints is not None and isinstance(self.input, ArmPoseInput):
            return self.joints, self.input.reading(now)
        return self.follower, self.input.state(now)

    def take_goal(self, position: Array, quaternion: Array, frame_id: str) -> str:
        """Move the goal to a pose, [3] in m and [4]; return why that is refused, or empty."""
        fault = self.follower.set_goal(position, quaternion, frame_id)
        if not fault and self.joints is not None:
            self.joints.goal = self.joints.cartesian.goal
        return fault

    def retune(self, p: Values) -> None:
        """Take over the present values of the live parameters."""
        _retune(self.follower, p)
        if isinstance(self.input, PoseInput):
            self.input.jumps.speed = p["max_state_speed"]
        if self.joints is not None:
            _retune(self.joints, p)


def ports_for(
    node: Node, policy: LoadedPolicy, p: Values, on_mismatch: Callable[[str], Mismatch]
) -> Ports:
    """Connect a policy as the node's parameters say.

    Parameters
    ----------
    node : subscribes and publishes.
    policy : of the TCP, or of joint positions if its units are rad.
    p : the node's parameters.
    on_mismatch : from a topic to the handler of peers whose QoS does not match.

    Raises
    ------
    ElcdError
        If policy, input and output don't fit together, or the arm is not known.
    """
    dry = DRY_RUN_TOPIC if p["dry_run"] else ""
    in_joints, out_joints = (
        p["state_in_type"] == JOINTS,
        p["command_out_type"] == JOINT_VELOCITIES,
    )
    if out_joints and not in_joints:
        raise ParameterError(
            "joint velocities need joint states",
            got=f"state_in_type {p['state_in_type']}",
            expected=JOINTS,
        )
    in_joint_space = moves_joints(policy.metadata)
    if in_joint_space and not out_joints:
        raise ParameterError(
            f"the policy in {p['policy_file']} moves joints",
            got=f"command_out_type {p['command_out_type']}",
            expected=f"{JOINT_VELOCITIES}, and state_in_type {JOINTS}",
        )

    def twist_output() -> TwistOutput:
        return TwistOutput(node, p["base_frame"], on_mismatch(TWIST_TOPIC), dry or TWIST_TOPIC)

    if not in_joints:
        follower = follower_for(policy, p)
        pose_input = PoseInput(node, on_mismatch("ee_pose"), p["max_state_speed"])
        return Ports(pose_input, follower, twist_output())
    arm = arm_of(node, p)
    limits = arm.limits(p["max_joint_speed"], p["max_joint_acceleration"], p["state_timeout"])
    if not out_joints:
        follower = follower_for(policy, p)
        arm_input = ArmPoseInput(node, arm, p["base_frame"], on_mismatch("joint_states"))
        return Ports(arm_input, follower, twist_output(), ArmFollower(follower, arm, limits))
    motion: Motion[Any]
    if in_joint_space:
        what = f"the policy in {p['policy_file']}"
        order = check_coordinates(policy.metadata, arm.joints, what)
        motion = JointFollower(
            policy, arm, limits, p["joint_goal_tolerance"], p["speed_scale"], order
        )
    else:
        motion = ArmFollower(follower_for(policy, p), arm, limits)
    joint_output = JointVelocityOutput(node, on_mismatch("joint_cmd"), dry or JOINTS_TOPIC)
    joint_input = JointStateInput(node, arm, on_mismatch("joint_states"), wraps=not in_joint_space)
    return Ports(joint_input, motion, joint_output)


def arm_of(node: Node, p: Values) -> ArmKinematics:
    """Return the arm in the robot's URDF, between the frames that the parameters name.

    Raises
    ------
    ElcdError
        If there is no URDF, or it has no such arm.
    """
    if not p["tcp_frame"]:
        raise ParameterError(
            "the tool centre point is not known",
            got="tcp_frame ''",
            expected="the name of a link in the URDF",
        )
    urdf = robot_description(node, p["urdf_file"])
    return ArmKinematics(urdf, p["base_frame"], p["tcp_frame"], p["joints"])


def _retune(motion: Motion[Any], p: Values) -> None:
    motion.speed_scale = p["speed_scale"]
    cartesian = motion.cartesian if isinstance(motion, ArmFollower) else motion
    if isinstance(cartesian, Follower):
        motion.limits = cartesian.limits = retune_limits(cartesian.limits, p)
        motion.goal_tolerance = cartesian.goal_tolerance = p["goal_tolerance"]
    if isinstance(cartesian, PoseFollower):
        cartesian.goal_tolerance_angular = p["goal_tolerance_angular"]
    if isinstance(motion, ArmFollower | JointFollower):
        motion.joint_limits = motion.arm.limits(
            p["max_joint_speed"], p["max_joint_acceleration"], p["state_timeout"]
        )
    if isinstance(motion, JointFollower):
        motion.goal_tolerance = p["joint_goal_tolerance"]
