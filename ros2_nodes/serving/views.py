"""Views for RViz: where the motion will lead, and the field around it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from nav_msgs.msg import Path
from numpy.typing import NDArray
from rclpy.clock import Clock
from rclpy.lifecycle import LifecycleNode
from visualization_msgs.msg import MarkerArray

from elcd_policy import LoadedPolicy

from ..following.follower import Follower
from ..following.joint_follower import ArmFollower
from ..following.prediction import predict_path
from ..node.messages import LATCHED_QOS, path_message
from .field_markers import field_markers
from .ports import Ports

Array = NDArray[np.float64]

PREDICTED = 50  # steps of ~/predicted_path, over the demonstrated duration


class Views:
    """Publishes ``~/predicted_path`` and ``~/markers`` while somebody listens.

    Parameters
    ----------
    node : publishes.
    policy : the motion.
    ports : where it comes from and what it leads.
    base_frame : of both topics.
    rate : Hz, the largest of both; 0 for never.
    steady : the node's steady clock.
    """

    def __init__(
        self,
        node: LifecycleNode,
        policy: LoadedPolicy,
        ports: Ports,
        base_frame: str,
        rate: float,
        steady: Clock,
    ) -> None:
        self._node, self._policy, self._ports, self._base_frame = node, policy, ports, base_frame
        # Plain publishers: RViz shows the motion before the node is active, too.
        self._path_out = node.create_publisher(Path, "~/predicted_path", LATCHED_QOS)
        self._markers_out = node.create_publisher(MarkerArray, "~/markers", LATCHED_QOS)
        self._prediction: Iterator[Array | None] | None = None
        self._shown: tuple[object, ...] | None = None
        self._due = False
        self._timer = node.create_timer(1.0 / rate, self._remind, clock=steady) if rate else None

    def go_on(self) -> None:
        """Do a little of what is under way; called once a control tick."""
        if self._due:
            self._due = False
            self._look()
        under_way, self._prediction = self._prediction, None
        path = next(under_way) if under_way else None
        if path is None:
            self._prediction = under_way
        else:
            self._show(path)

    def close(self) -> None:
        """Publish no more."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._path_out)
        self._node.destroy_publisher(self._markers_out)

    def _remind(self) -> None:
        self._due = True

    def _look(self) -> None:
        state = self._ports.input.state(time.perf_counter())
        follower = self._ports.follower
        if (
            self._prediction is None
            and self._path_out.get_subscription_count()
            and not (state is None or isinstance(state, str) or follower.state_fault(state))
        ):
            x, duration = follower.policy_state(state), self._policy.metadata.duration
            self._prediction = predict_path(self._policy.velocity, x, duration, PREDICTED)
        cartesian = follower.cartesian if isinstance(follower, ArmFollower) else follower
        if isinstance(cartesian, Follower) and self._markers_out.get_subscription_count():
            self._show_field(cartesian)

    def _show_field(self, follower: Follower) -> None:
        now = (self._markers_out.get_subscription_count(), *follower.goal.tolist())
        if now != self._shown:
            self._shown = now
            stamp = self._node.get_clock().now().to_msg()
            workspace = self._policy.metadata.workspace
            self._markers_out.publish(field_markers(follower, workspace, stamp))

    def _show(self, path: Array) -> None:
        state, follower = self._ports.input.state(time.perf_counter()), self._ports.follower
        if state is None or isinstance(state, str) or follower.state_fault(state):
            return
        stamp, quaternion = self._ports.input.stamp, follower.pose(state)[1]
        positions = follower.positions(path)
        self._path_out.publish(path_message(self._base_frame, stamp, positions, quaternion))
