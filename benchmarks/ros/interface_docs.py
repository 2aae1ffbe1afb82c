"""The tables of docs/ros2.md: topics, services, parameters and arguments, with their meanings."""

from __future__ import annotations

from collections.abc import Sequence

from elcd_policy.errors import ElcdError
from elcd_policy_ros2.graphs import graph, robot_graph, sight_graph
from elcd_policy_ros2.node import node_settings, policy_settings
from elcd_policy_ros2.node.setting import Setting

from ..page import table
from .interfaces import VARIANTS, Interface, interfaces

SETTINGS = {
    "policy_node": policy_settings.POLICY_NODE,
    "sim_node": node_settings.SIM_NODE,
    "goal_node": node_settings.GOAL_NODE,
    "skill_node": node_settings.SKILL_NODE,
    "recorder_node": node_settings.RECORDER_NODE,
}
LAUNCH_FILES = {
    "follow_demo": graph.ARGUMENTS,
    "two_arms": graph.TWO_ARMS_ARGUMENTS,
    "pick_by_sight": sight_graph.PICK_BY_SIGHT_ARGUMENTS,
    "real_arm": robot_graph.REAL_ARM_ARGUMENTS,
    "record_demo": robot_graph.RECORD_DEMO_ARGUMENTS,
}

MEANINGS = {
    "policy_node": {
        "ee_pose": "pose of the TCP in `base_frame`, m, x y z w",
        "joint_states": "joint positions by name, in any order, rad",
        "robot_description": "the URDF, read once by *configure*; none with `urdf_file`",
        "~/enable": "deadman switch: true, repeated within `enable_timeout`",
        "~/goal": "moves the goal: position in `base_frame`, m",
        "cmd_vel": "velocity of the TCP's origin in m/s and angular velocity in rad/s, both in "
        "`base_frame`, stamped",
        "~/joint_cmd": "joint velocities in the order of `joints`, rad/s",
        "~/dry_run": "with `dry_run`: what would be sent, and nothing else is",
        "~/status": "state of motion and task, and why; on every change and each second",
        "/diagnostics": "the status with measured rate, latency, state age, QoS mismatches; 1 Hz",
        "~/predicted_path": "where the motion leads from here, m; while somebody listens",
        "~/markers": "the field around the path, m/s; while somebody listens",
        "~/run": "begins a task, preempts a running one; refused with the reason",
        "~/cancel": "ends the task: ramp to zero",
        "~/pause": "true ramps to zero, false goes on",
        "~/stop": "ramps to zero and stays there, through deactivation too, until `~/reset`",
        "~/reset": "lifts a stop",
    },
    "sim_node": {
        "/clock": "simulated time; with `clock` follow it is heard, not made",
        "cmd_vel": "moves the TCP, m/s and rad/s; ignored in another frame or when old",
        "velocity_controller/commands": "moves the joints, rad/s, in the robot's order",
        "~/disturbance": "force on the TCP in N while it is repeated within `cmd_timeout`",
        "ee_pose": "pose of the TCP in `base_frame`, m, x y z w",
        "joint_states": "rad and rad/s",
        "robot_description": "the robot's URDF",
        "~/box": "puts the box there, x and y in `base_frame`, m; with `camera`",
        "camera/image": "rgb8, 96 x 96 pixels, of the table and the arm over it; with `camera`",
        "~/push": "one push, to try",
        "~/reset": "puts the arm at its start; the clock goes on",
    },
    "goal_node": {
        "camera/image": "rgb8 or bgr8, of the size and the camera that the detector has learned",
        "goal": "where to go, in `base_frame`, m; remap it to `policy_node/goal`",
        "~/status": "whether the goal is in sight, where, and why not; on change and each second",
    },
    "skill_node": {
        "ee_pose": "pose of the TCP in `base_frame`, m, x y z w, while somebody guides the arm",
        "~/skill": "name of the motion, once, as soon as it is known",
        "~/status": "rest or motion, the two likeliest skills, what is wrong with the states",
    },
    "recorder_node": {
        "ee_pose": "what is recorded with PoseStamped, m, x y z w",
        "joint_states": "what is recorded with JointState, rad",
        "~/status": "what is recorded, and what is wrong with the states",
        "~/start": "begins an episode",
        "~/stop": "ends it, keeps it as bag and array",
        "~/discard": "ends it, keeps nothing",
    },
}
"""What each topic and service is for, with units."""


def interface_tables() -> dict[str, str]:
    """Return the tables of all nodes and launch files, by the names of their marks.

    Raises
    ------
    ElcdError
        If a topic or service has no meaning here, or a meaning no topic.
    """
    parts = {}
    for node in VARIANTS:
        found = interfaces(node)
        names, known = {each.name for each in found}, set(MEANINGS[node])
        if names != known:
            raise ElcdError(
                f"the meanings of the topics of {node} are out of date",
                got=", ".join(sorted(known ^ names)),
                expected="one for each topic and service",
                advice="edit MEANINGS in benchmarks/ros/interface_docs.py",
            )
        parts[f"{node} topics"] = _interface_table(found, MEANINGS[node])
        parts[f"{node} parameters"] = _settings_table(SETTINGS[node])
    for name, settings in LAUNCH_FILES.items():
        parts[f"{name} arguments"] = _settings_table(settings)
    return parts


def _interface_table(found: Sequence[Interface], meanings: dict[str, str]) -> str:
    kinds = {"sub": "in", "pub": "out", "srv": "service"}
    rows = [
        (kinds[each.kind], f"`{each.name}`", each.type, each.qos, meanings[each.name])
        for each in found
    ]
    return table(("", "name", "type", "QoS", "what"), rows, words=5)


def _settings_table(settings: Sequence[Setting]) -> str:
    rows = []
    for setting in settings:
        default = "none" if setting.default in ("", ()) else f"`{setting.text}`"
        name = f"`{setting.name}`" + (" *" if setting.live else "")
        rows.append((name, default, setting.unit, _range(setting), setting.description))
    return table(("name", "default", "unit", "range", "what"), rows, words=5)


def _range(setting: Setting) -> str:
    if setting.choices:
        return ", ".join(setting.choices)
    if isinstance(setting.default, tuple):
        many = "a multiple of " if setting.repeated else ""
        return f"{many}{setting.size} numbers" if setting.size else "names"
    if setting.lower is None or setting.upper is None:
        return ""
    return f"{setting.lower:g} to {setting.upper:g}"
