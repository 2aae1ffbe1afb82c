"""Goals from ``~/goal``: checked, rehearsed while the arm moves, then taken or refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.lifecycle import LifecycleNode
from rclpy.subscription import Subscription

from ..following.preflight import (
    NONE,
    REFUSE,
    PreflightError,
    Rehearsal,
    check_rehearsal,
    rehearsal_steps,
)
from ..following.robot_motion import Motion
from ..node.messages import COMMAND_QOS, position_of, quaternion_of
from ..node.parameters import Parameters
from .ports import Ports

SHARE = 0.25
"""Share of the control period that a rehearsal may take in one tick, at least one step."""


class GoalInput:
    """Moves the goal of a motion.

    A goal that is heard while the arm moves is rehearsed first, a little in each control tick,
    and the arm goes on to the old one meanwhile. Of several the newest is rehearsed next.

    Parameters
    ----------
    node : subscribes.
    parameters : of the node.
    ports : whose motion is led.
    duration : s, of the demonstrations.
    refuse : is told why a goal is refused.
    """

    def __init__(
        self,
        node: LifecycleNode,
        parameters: Parameters,
        ports: Ports,
        duration: float,
        refuse: Callable[[str], None],
    ) -> None:
        self.heard = False
        """True once a goal was taken."""
        self._node, self._p, self._ports = node, parameters, ports
        self._duration, self._refuse, self._log = duration, refuse, node.get_logger()
        self._budget = SHARE / parameters["rate"]
        self._newest: PoseStamped | None = None
        self._steps: Iterator[Rehearsal | None] | None = None
        self._tried: PoseStamped | None = None
        self._trial: Motion[Any] | None = None
        self._subscription: Subscription = node.create_subscription(
            PoseStamped, "~/goal", self._on_goal, COMMAND_QOS
        )

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def go_on(self) -> None:
        """Do a little of what is under way; called once a control tick."""
        if self._steps is None and self._newest is not None:
            self._try(self._newest)
        begin = time.perf_counter()
        while self._steps is not None:
            rehearsal = next(self._steps)
            if rehearsal is not None:
                self._decide(rehearsal)
            elif time.perf_counter() - begin > self._budget:
                return

    def _on_goal(self, message: PoseStamped) -> None:
        trial = self._ports.follower.trial()
        fault = _aim(trial, message)
        if fault:
            self._refuse(f"a goal is refused: {fault}")
        elif self._ports.follower.silent or self._p["preflight"] == NONE:
            self._take(message)  # a motion that starts has its own preflight
        else:
            self._newest = message

    def _try(self, message: PoseStamped) -> None:
        self._newest = None
        motion, state = self._ports.select_rehearsal(time.perf_counter())
        if state is None or isinstance(state, str) or self._ports.follower.silent:
            self._take(message)
            return
        self._trial = motion.trial()
        _aim(self._trial, message)
        self._tried = message
        self._steps = rehearsal_steps(self._trial, state, self._duration)

    def _decide(self, rehearsal: Rehearsal) -> None:
        assert self._trial is not None
        assert self._tried is not None
        message, trial = self._tried, self._trial
        self._steps = self._tried = self._trial = None
        try:
            check_rehearsal(rehearsal, trial, "to the goal", speeds=False)
        except PreflightError as error:
            if self._p["preflight"] == REFUSE:
                self._refuse(f"a goal is refused: {error}")
                return
            self._log.warning(str(error))
        self._take(message)

    def _take(self, message: PoseStamped) -> None:
        fault = self._ports.take_goal(
            position_of(message.pose), quaternion_of(message.pose), message.header.frame_id
        )
        if fault:
            self._refuse(f"a goal is refused: {fault}")
            return
        self.heard = True
        self._log.info(f"goal moved to {np.round(self._ports.follower.goal, 4).tolist()} m")


def _aim(motion: Motion[Any], message: PoseStamped) -> str:
    pose = message.pose
    return motion.set_goal(position_of(pose), quaternion_of(pose), message.header.frame_id)
