"""The robot's URDF, from a file or from the topic that every robot has."""

from __future__ import annotations

from pathlib import Path

from rclpy.node import Node
from rclpy.wait_for_message import wait_for_message
from std_msgs.msg import String

from elcd_policy.errors import ParameterError

from .messages import LATCHED_QOS

TOPIC = "robot_description"
PATIENCE = 5.0  # s


def robot_description(node: Node, urdf_file: str = "") -> str:
    """Return the text of the URDF; without a file, what ``robot_state_publisher`` has published.

    Raises
    ------
    ParameterError
        If the file can't be read, or nobody publishes a description.
    """
    if urdf_file:
        try:
            return Path(urdf_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ParameterError("urdf_file can't be read", got=str(error)) from error
    found, message = wait_for_message(
        String, node, TOPIC, qos_profile=LATCHED_QOS, time_to_wait=PATIENCE
    )
    if not found:
        topic = node.resolve_topic_name(TOPIC)
        raise ParameterError(
            "the robot's joints are not known",
            got=f"nothing on {topic} for {PATIENCE:g} s",
            expected="its URDF from robot_state_publisher",
            advice="start that, remap robot_description, or set urdf_file",
        )
    return str(message.data)
