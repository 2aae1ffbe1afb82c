"""Topics and services of the nodes, as the running nodes have them: nothing is written down twice.

Each node is created in a namespace of its own, so that relative names (``cmd_vel``), private
ones (``~/status``) and absolute ones (``/clock``) can be told apart.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from elcd_policy import TrainingSettings, fit, save
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import ElcdError
from elcd_policy.sequence import SkillClassifier, SkillMetadata, save_skills
from elcd_policy_ros2.graphs.bringup import free_domain_id
from elcd_policy_ros2.node.lifecycle import SUCCESS
from elcd_policy_ros2.node.messages import LATCHED_QOS
from elcd_policy_ros2.node.robot_description import TOPIC as DESCRIPTION
from elcd_policy_sim.robot import ROBOTS
from elcd_policy_sim.vision.detector_training import DETECTOR

NAMESPACE = "/ns"
STANDARD = ("/rosout", "/parameter_events", "transition_event")
STANDARD_SERVICES = ("rcl_interfaces", "lifecycle_msgs", "type_description_interfaces")

PLANAR = {"urdf_file": str(ROBOTS / "planar.urdf"), "base_frame": "base", "tcp_frame": "tcp"}
BY_JOINTS: dict[str, object] = {
    **PLANAR,
    "state_in_type": "sensor_msgs/JointState",
    "command_out_type": "std_msgs/Float64MultiArray",
}
VARIANTS: dict[str, tuple[dict[str, object], ...]] = {
    "policy_node": ({}, BY_JOINTS, {"dry_run": True}, {**BY_JOINTS, "dry_run": True}),
    "sim_node": ({}, {"clock": "follow"}, {"camera": True}),
    "goal_node": ({"detector_file": str(DETECTOR)},),
    "skill_node": ({},),
    "recorder_node": ({}, {"state_in_type": "sensor_msgs/JointState"}),
}
"""Parameters under which a node shows all its topics."""


@dataclass(frozen=True, order=True)
class Interface:
    """One topic or service of a node.

    Parameters
    ----------
    kind : "sub", "pub" or "srv".
    name : relative, private (``~/``) or absolute.
    type : such as geometry_msgs/TwistStamped.
    qos : of a topic, in words; empty for a service.
    """

    kind: str
    name: str
    type: str
    qos: str = ""


def interfaces(executable: str) -> list[Interface]:
    """Return all topics and services of a node, but those that every node has.

    Raises
    ------
    ElcdError
        If the node does not come up.
    """
    found: set[Interface] = set()
    with tempfile.TemporaryDirectory() as folder:
        common: dict[str, object] = {}
        if executable == "policy_node":
            policy = _any_policy(Path(folder))
            common = {"policy_file": str(policy), "allow_uncertified": True}
            # Asked for once, while the node is configured.
            found.add(Interface("sub", DESCRIPTION, "std_msgs/String", _qos(LATCHED_QOS)))
        elif executable == "skill_node":
            common = {"skill_file": str(_any_skills(Path(folder)))}
        elif executable == "recorder_node":
            common = {"directory": folder}
        for parameters in VARIANTS[executable]:
            with _running(executable, {**common, **parameters}) as node:
                found |= set(_of(node))
    order = {"sub": 0, "pub": 1, "srv": 2}
    return sorted(found, key=lambda each: (order[each.kind], each.name, each.type))


@contextmanager
def _running(executable: str, parameters: dict[str, object]) -> Iterator[Any]:
    arguments = ["--ros-args", "-r", f"__ns:={NAMESPACE}", "--log-level", "fatal"]
    for name, value in parameters.items():
        text = str(value).lower() if isinstance(value, bool) else f"'{value}'"
        arguments += ["-p", f"{name}:={text}"]
    rclpy.init(
        args=arguments,
        domain_id=free_domain_id(),
        signal_handler_options=SignalHandlerOptions.NO,
    )
    node = None
    try:
        node = _class_of(executable)()
        if isinstance(node, LifecycleNode) and node.trigger_configure() != SUCCESS:
            raise ElcdError(f"{executable} can't be configured to show its topics")
        yield node
    finally:
        if node is not None:
            node.shut_down()
            node.destroy_node()
        rclpy.try_shutdown()


def _class_of(executable: str) -> Callable[[], Any]:
    module = importlib.import_module(f"elcd_policy_ros2.{executable}")
    return getattr(module, executable.title().replace("_", ""))


def _any_policy(folder: Path) -> Path:
    time = np.linspace(0.0, 1.0, 20)
    position = np.column_stack([0.5 + 0.1 * time**2, 0.1 * time, 0.4 - 0.1 * time])
    demonstrations = DemonstrationSet((Demonstration(time, position),), units="m")
    settings = TrainingSettings(couplings=1, width=4, linear_steps=1, shooting_steps=0)
    path = folder / "policy.pt"
    save(fit(demonstrations, settings=settings, progress=False), path, certify=False)
    return path


def _any_skills(folder: Path) -> Path:
    metadata = SkillMetadata(("a", "b"), 2, 10.0, ("", ""), 0, {})
    return save_skills(SkillClassifier(2, 2), metadata, folder / "skills.pt")


def _of(node: Any) -> Iterator[Interface]:
    for kind, topics in (("sub", node.subscriptions), ("pub", node.publishers)):
        for each in topics:
            name = _name(each.topic_name, node)
            if not name.endswith(STANDARD):
                yield Interface(kind, name, _type(each.msg_type), _qos(each.qos_profile))
    for service in node.services:
        if not _type(service.srv_type).startswith(STANDARD_SERVICES):
            yield Interface("srv", _name(service.srv_name, node), _type(service.srv_type))


def _name(name: str, node: Any) -> str:
    full = node.resolve_topic_name(name)
    own = f"{node.get_fully_qualified_name()}/"
    if full.startswith(own):
        return f"~/{full.removeprefix(own)}"
    return str(full.removeprefix(f"{NAMESPACE}/"))


def _type(kind: type) -> str:
    return f"{kind.__module__.partition('.')[0]}/{kind.__name__}"


def _qos(qos: QoSProfile) -> str:
    words = ["reliable" if qos.reliability == ReliabilityPolicy.RELIABLE else "best effort"]
    if qos.durability == DurabilityPolicy.TRANSIENT_LOCAL:
        words.append("transient local")
    return ", ".join([*words, f"keep last {qos.depth}"])
