"""Outputs of commands: twists of the TCP, or velocities of the joints."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from geometry_msgs.msg import TwistStamped
from numpy.typing import NDArray
from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray

from ..node.messages import COMMAND_QOS, Mismatch, fill_twist

Array = NDArray[np.float64]

TWIST, JOINT_VELOCITIES = "geometry_msgs/TwistStamped", "std_msgs/Float64MultiArray"
"""Values of ``command_out_type``; the second one is named as moveit_servo names it."""

TWIST_TOPIC, JOINTS_TOPIC = "cmd_vel", "~/joint_cmd"
ACKNOWLEDGEMENT = 0.2  # s to wait until the last command is received


class CommandOutput(ABC):
    """Publishes commands on one topic, by a plain publisher.

    A lifecycle publisher would drop the ramp to zero that follows a deactivation.

    Parameters
    ----------
    node : publishes.
    kind : of the messages.
    topic : name, before remapping.
    on_mismatch : handles subscribers whose QoS does not match.
    """

    def __init__(self, node: Node, kind: type, topic: str, on_mismatch: Mismatch) -> None:
        self._node = node
        self._publisher = node.create_publisher(
            kind,
            topic,
            COMMAND_QOS,
            event_callbacks=PublisherEventCallbacks(incompatible_qos=on_mismatch),
        )

    @property
    def topic(self) -> str:
        """Return the full name, after remapping."""
        return str(self._publisher.topic_name)

    @property
    def heard(self) -> bool:
        """True if anybody listens."""
        return bool(self._publisher.get_subscription_count() > 0)

    def rivals(self) -> list[str]:
        """Return the full names of other nodes that publish on the topic."""
        names = [
            f"{info.node_namespace.rstrip('/')}/{info.node_name}"
            for info in self._node.get_publishers_info_by_topic(self.topic)
        ]
        own = self._node.get_fully_qualified_name()
        if own in names:
            names.remove(own)
        return names

    def wait_until_received(self) -> None:
        """Wait until what was sent has arrived, but not long."""
        self._publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGEMENT))

    def close(self) -> None:
        """Publish no more."""
        self._node.destroy_publisher(self._publisher)

    @abstractmethod
    def send(self, command: Array, ahead: float = 0.0) -> None:
        """Publish a command [n], stamped ``ahead`` s after the node's clock."""


class TwistOutput(CommandOutput):
    """Twists [6] of the TCP in m/s and rad/s, stamped, in the base frame."""

    def __init__(
        self, node: Node, base_frame: str, on_mismatch: Mismatch, topic: str = TWIST_TOPIC
    ) -> None:
        super().__init__(node, TwistStamped, topic, on_mismatch)
        self._message = TwistStamped()
        self._message.header.frame_id = base_frame

    def send(self, command: Array, ahead: float = 0.0) -> None:
        """Publish a twist [6]; see `CommandOutput.send`."""
        fill_twist(self._message, command)
        stamp = self._node.get_clock().now() + Duration(seconds=ahead)
        self._message.header.stamp = stamp.to_msg()
        self._publisher.publish(self._message)


class JointVelocityOutput(CommandOutput):
    """Joint velocities [n] in rad/s, as group controllers take them.

    The message has no names and no stamp: order and number are the controller's ``joints``.
    """

    def __init__(self, node: Node, on_mismatch: Mismatch, topic: str = JOINTS_TOPIC) -> None:
        super().__init__(node, Float64MultiArray, topic, on_mismatch)

    def send(self, command: Array, ahead: float = 0.0) -> None:
        """Publish joint velocities [n]; their message has no stamp."""
        self._publisher.publish(Float64MultiArray(data=command.tolist()))
