"""The node graphs around a real robot: a policy that leads it, a recorder that watches it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..node.setting import Setting, Value
from .node_description import NodeDescription, check_file

SERVO, ROS2_CONTROL = "servo", "ros2_control"

NAMESPACE = Setting("namespace", "", "Namespace of all nodes, such as arm1")
USE_SIM_TIME = Setting("use_sim_time", False, "Take the time from /clock: for simulated robots")

REAL_ARM_ARGUMENTS = (
    Setting("policy", "", "Exported policy (.pt) to follow; needed"),
    Setting(
        "way",
        SERVO,
        "Who takes the commands: moveit_servo (twists), or a JointGroupVelocityController",
        choices=(SERVO, ROS2_CONTROL),
    ),
    Setting(
        "config", "", "YAML file with the nodes' parameters; none for that of the way in config/"
    ),
    Setting("servo_node", "servo_node", "Name of the servo node"),
    Setting("controller", "velocity_controller", "Name of the JointGroupVelocityController"),
    Setting("dry_run", True, "Publish what would be sent on ~/dry_run, and nothing to the robot"),
    Setting("require_enable", True, "Move only while ~/enable says true (deadman switch)"),
    Setting("autostart", False, "Configure and activate by itself; else use ros2 lifecycle"),
    NAMESPACE,
    USE_SIM_TIME,
)
"""Launch arguments of real_arm: what is not said moves nothing."""

POSES, JOINTS = "poses", "joints"

RECORD_DEMO_ARGUMENTS = (
    Setting("states", POSES, "What is recorded: ee_pose, or joint_states", choices=(POSES, JOINTS)),
    Setting("directory", "recordings", "Folder that the demonstrations are kept in"),
    Setting("base_frame", "base_link", "Frame that poses must be in"),
    Setting("robot", "", "Name of the robot, kept with each demonstration"),
    Setting("note", "", "Whatever else to keep with each demonstration"),
    NAMESPACE,
    USE_SIM_TIME,
)
"""Launch arguments of record_demo."""


def real_arm(arguments: Mapping[str, Any], configs: Path) -> tuple[NodeDescription, ...]:
    """Return a policy that leads a robot.

    Parameters
    ----------
    arguments : of `REAL_ARM_ARGUMENTS`.
    configs : folder with one YAML file a way.

    Raises
    ------
    ParameterError
        If no policy is named or a file does not exist.
    """
    policy = check_file("policy", arguments["policy"])
    config = check_file("config", arguments["config"] or str(configs / f"{arguments['way']}.yaml"))
    receivers = {
        SERVO: ("cmd_vel", f"{arguments['servo_node']}/delta_twist_cmds"),
        ROS2_CONTROL: ("~/joint_cmd", f"{arguments['controller']}/commands"),
    }
    names = ("dry_run", "require_enable", "autostart", "use_sim_time")
    parameters: dict[str, Value] = {name: arguments[name] for name in names}
    parameters["policy_file"] = str(Path(policy).absolute())
    node = NodeDescription(
        "policy_node",
        parameters,
        namespace=arguments["namespace"],
        parameter_files=(config,),
        remappings=(receivers[arguments["way"]],),
    )
    return (node,)


def record_demo(arguments: Mapping[str, Any]) -> tuple[NodeDescription, ...]:
    """Return a recorder of demonstrations; ``arguments`` of `RECORD_DEMO_ARGUMENTS`."""
    kinds = {POSES: "geometry_msgs/PoseStamped", JOINTS: "sensor_msgs/JointState"}
    names = ("directory", "base_frame", "robot", "note", "use_sim_time")
    parameters: dict[str, Value] = {name: arguments[name] for name in names}
    parameters["state_in_type"] = kinds[arguments["states"]]
    return (NodeDescription("recorder_node", parameters, namespace=arguments["namespace"]),)
