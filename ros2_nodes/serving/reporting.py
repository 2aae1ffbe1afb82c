"""Reports of policy_node: ``~/status`` and ``/diagnostics``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock
from rclpy.lifecycle import LifecycleNode

from ..following.robot_motion import FAULT, FOLLOWING, HALTED, REACHED, Motion
from ..following.task import ABORTED, STUCK, Task
from ..following.timing import TickTimes
from ..node.messages import LATCHED_QOS, Refusal, status_message, without_numbers

INACTIVE = "inactive"
OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class Reporter:
    """Publishes the status when it changes and once per s, diagnostics once per s.

    Parameters
    ----------
    node : the node.
    steady : its steady clock.
    """

    def __init__(self, node: LifecycleNode, steady: Clock) -> None:
        self._node, self._log = node, node.get_logger()
        self._name = f"{node.get_fully_qualified_name().lstrip('/')}: motion policy"
        self._status_out = node.create_publisher(DiagnosticStatus, "~/status", LATCHED_QOS)
        self._diagnostics_out = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._mismatches: dict[str, int] = {}
        self._facts: dict[str, object] = {}
        self._notes: list[str] = []
        self._last: tuple[object, ...] = ()
        self._problem = ("", OK)
        self._refusal = Refusal()
        self._subject: tuple[Motion[Any], Task, TickTimes] | None = None
        self._halt = INACTIVE
        self._state_age = np.inf
        node.create_timer(1.0, self._each_second, clock=steady)
        self._publish()

    def begin(
        self,
        follower: Motion[Any],
        task: Task,
        period: float,
        facts: Mapping[str, object],
        notes: list[str],
    ) -> None:
        """Report on a motion from now on.

        Parameters
        ----------
        follower, task : whose state is reported.
        period : s, nominal, of the control tick.
        facts : shown as they are, by name.
        notes : what is unusual about this motion; part of every status text.
        """
        self._subject = follower, task, TickTimes(period)
        self._facts, self._notes = dict(facts), notes
        self._problem, self._halt = ("", OK), INACTIVE
        self._publish()

    def end(self) -> None:
        """Report that there is no motion any more."""
        self._subject, self._facts, self._notes = None, {}, []
        self._publish()

    def problem(self, text: str, level: bytes = ERROR) -> None:
        """Show a problem until the next transition that succeeds; an empty one ends that."""
        if (text, level) != self._problem:
            self._problem = (text, level)
            self._publish()

    def refuse(self, reason: str) -> None:
        """Show for `SHOWN` s why a request is refused, and keep it as ``last_refusal``."""
        self._log.warning(reason)
        self._refusal = Refusal(reason)
        self._publish()

    def note_mismatch(self, topic: str) -> Callable[[Any], None]:
        """Return a handler that counts peers on a topic whose QoS does not match ours."""

        def note(event: Any) -> None:
            self._mismatches[topic] = event.total_count
            self._log.warning(
                f"{event.total_count} peer(s) on {topic} asked for another QoS and get nothing; "
                f"last policy kind: {event.last_policy_kind}"
            )

        return note

    def tick(self, begin: float, end: float, state_age: float, halt: str) -> None:
        """Note a control tick: begin and end in s on a steady clock, age of the state in s."""
        if self._subject is None:
            return
        follower, task, times = self._subject
        times.note(begin, end)
        self._state_age, self._halt = state_age, halt
        reason = without_numbers(follower.reason)
        now = (follower.phase, reason, task.number, task.state, _is_slow(follower))
        if now == self._last:
            return
        self._last = now
        status = self._publish()
        if halt == INACTIVE:
            return
        if status.level >= WARN:  # a line of code of rclpy's logger has one severity for ever
            self._log.warning(status.message)
        else:
            self._log.info(status.message)

    def _each_second(self) -> None:
        status = self._publish()
        if self._subject is not None:
            figures = self._subject[2].figures() | {"state_age_ms": float(1e3 * self._state_age)}
            status.values += status_message("", "", OK, "", figures).values
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics_out.publish(message)

    def _publish(self) -> DiagnosticStatus:
        level, phase, text = self._verdict()
        values: dict[str, object] = {"phase": phase, **self._facts}
        if self._subject is not None:
            follower, task, _ = self._subject
            values |= {
                f"distance_to_goal_{follower.unit}": follower.distance,
                "goal_reached": phase == REACHED,
                "limited": ", ".join(follower.limited),
                "speed_scale": follower.speed_scale,
                "task": task.number,
                "task_state": task.state,
                "task_reason": task.reason,
                "task_time_s": task.elapsed,
            }
        if self._problem[0]:
            text, level = self._problem
        level, text = self._refusal.add_to(level, text)
        values |= self._refusal.values
        if self._notes:
            text, level = f"{text} ({'; '.join(self._notes)})", max(level, WARN)
        for topic, count in self._mismatches.items():
            values[f"incompatible_qos_{topic}"] = count
            level = max(level, WARN)
        status = status_message(self._name, "", level, text, values)
        self._status_out.publish(status)
        return status

    def _verdict(self) -> tuple[bytes, str, str]:
        """Return level, phase and text of the motion itself."""
        if self._subject is None:
            return OK, "unconfigured", "unconfigured"
        follower, task, _ = self._subject
        if self._halt == INACTIVE:
            return OK, INACTIVE, INACTIVE
        if follower.phase == FAULT:
            return ERROR, FAULT, f"{FAULT}: {follower.reason}"
        if follower.phase == HALTED:
            if follower.reason == task.halt:
                return ERROR if task.state in (STUCK, ABORTED) else OK, HALTED, follower.reason
            return WARN, HALTED, f"{HALTED}: {follower.reason}"
        if _is_slow(follower):
            return WARN, follower.phase, f"{follower.phase} slowly, outside the demonstrations' box"
        return OK, follower.phase, follower.reason or follower.phase


def _is_slow(follower: Motion[Any]) -> bool:
    return follower.phase in (FOLLOWING, REACHED) and "unknown" in follower.limited
