"""Permission to move: pause, the latching stop, and the deadman switch."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger


class Permission:
    """Offers ``~/pause``, ``~/stop`` and ``~/reset`` on a node.

    A stop stays until a reset, through deactivations too. A pause ends when it is told to.

    Parameters
    ----------
    node : the node.
    on_stop : called when the arm is stopped.
    on_reset : called when a stop is lifted; says why the motion does not go on, or nothing.
    """

    def __init__(
        self, node: LifecycleNode, on_stop: Callable[[], None], on_reset: Callable[[], str]
    ) -> None:
        self.require_enable: float | None = None
        """s, how long an enable counts; None when none is needed."""
        self.stopped = False
        """Whether a stop waits for its reset."""
        self._on_stop, self._on_reset = on_stop, on_reset
        self._log = node.get_logger()
        self._paused = False
        self._enabled_at = -np.inf
        node.create_service(SetBool, "~/pause", self._pause)
        node.create_service(Trigger, "~/stop", self._stop)
        node.create_service(Trigger, "~/reset", self._reset)

    @property
    def halt(self) -> str:
        """Reason why the arm may not move; empty if it may."""
        if self.stopped:
            return "stopped; call ~/reset to go on"
        if self._paused:
            return "paused"
        needed = self.require_enable
        if needed is not None and time.perf_counter() - self._enabled_at > needed:
            return "not enabled: no true on ~/enable"
        return ""

    def on_enable(self, message: Bool) -> None:
        """Take a message of the deadman switch."""
        self._enabled_at = time.perf_counter() if message.data else -np.inf

    def _pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._paused = request.data
        response.success, response.message = True, "paused" if request.data else "not paused"
        return response

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.stopped = True
        self._on_stop()
        self._log.warning("stopped by ~/stop")
        response.success, response.message = True, "stopped until ~/reset"
        return response

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.stopped = self._paused = False
        obstacle = self._on_reset()
        response.success, response.message = not obstacle, obstacle or "ready"
        return response
