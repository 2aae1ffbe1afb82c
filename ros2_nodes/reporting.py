"""What the policy node says about itself: ``~/status`` and ``/diagnostics``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock
from rclpy.lifecycle import LifecycleNode

from .messages import LATCHED_QOS, status_message
from .motion import FAULT, HALTED, REACHED, Motion

TICKS = 1000  # of the newest ticks count for rate and latency


class Reporter:
    """Publishes the status when it changes and once per s, diagnostics once per s.

    Parameters
    ----------
    node : the node.
    steady : its steady clock.
    """

    def __init__(self, node: LifecycleNode, steady: Clock) -> None:
        self.changed = False
        """Whether the last tick changed the status."""
        self._node = node
        self._name = f"{node.get_fully_qualified_name().lstrip('/')}: motion policy"
        self._status_out = node.create_publisher(DiagnosticStatus, "~/status", LATCHED_QOS)
        self._diagnostics_out = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._mismatches: dict[str, int] = {}
        self._facts: dict[str, object] = {}
        self._last: tuple[str, str] = ("", "")
        self._error = ""
        self._follower: Motion[Any] | None = None
        self._halt = "unconfigured"
        self._state_age = np.inf
        self._count = 0
        self._begins, self._durations = np.zeros(TICKS), np.zeros(TICKS)
        node.create_timer(1.0, self._each_second, clock=steady)
        self._publish()

    def begin(self, file: str, metadata: Any, follower: Motion[Any]) -> None:
        """Report on a follower from now on."""
        self._follower, self._error, self._count = follower, "", 0
        self._halt = "inactive"
        guarantee = metadata.guarantee
        self._facts = {
            "policy_file": file,
            "units": metadata.units,
            "dimension": metadata.dimension,
            "guarantee": guarantee.get("kind", "none"),
            "contraction_rate_per_s": float(guarantee.get("rate", 0.0)),
            "certified": metadata.certificate is not None,
        }
        self._publish()

    def end(self) -> None:
        """There is no follower any more."""
        self._follower, self._facts, self._halt = None, {}, "unconfigured"
        self._publish()

    def error(self, problem: str) -> None:
        """Show a problem until the next transition that succeeds; an empty one ends that."""
        self._error = problem
        self._publish()

    def note_mismatch(self, topic: str) -> Callable[[Any], None]:
        """A handler that counts peers on a topic whose QoS does not match ours."""

        def note(event: Any) -> None:
            self._mismatches[topic] = event.total_count
            self._node.get_logger().warning(
                f"{event.total_count} peer(s) on {topic} asked for another QoS and get nothing; "
                f"last policy kind: {event.last_policy_kind}"
            )

        return note

    def tick(self, begin: float, end: float, state_age: float, halt: str) -> None:
        """Note a control tick: begin and end in s on a steady clock, age of the state in s."""
        row = self._count % TICKS
        self._begins[row], self._durations[row] = begin, end - begin
        self._count += 1
        self._state_age, self._halt = state_age, halt
        assert self._follower is not None
        # A stale state's reason counts the milliseconds up: compare without the numbers.
        now = (self._follower.phase, self._follower.reason.partition(" for ")[0].split(":")[0])
        self.changed = now != self._last
        if self.changed:
            self._last = now
            self._publish()

    def _each_second(self) -> None:
        status = self._publish()
        status.values += status_message("", "", b"\0", "", self._timing()).values
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics_out.publish(message)

    def _publish(self) -> DiagnosticStatus:
        follower, values = self._follower, dict(self._facts)
        level, phase, text = DiagnosticStatus.OK, "unconfigured", "unconfigured"
        if follower is not None:
            phase = "inactive" if self._halt == "inactive" else follower.phase
            text = follower.reason or phase
            if phase in (FAULT, HALTED):
                level = DiagnosticStatus.ERROR if phase == FAULT else DiagnosticStatus.WARN
                text = f"{phase}: {follower.reason}"
            values[f"distance_to_goal_{follower.unit}"] = follower.distance
            values["goal_reached"] = phase == REACHED
            values["limited"] = ", ".join(follower.limited)
        if self._error:
            level, text = DiagnosticStatus.ERROR, self._error
        values = {"phase": phase, **values}
        for topic, count in self._mismatches.items():
            values[f"incompatible_qos_{topic}"] = count
            level = max(level, DiagnosticStatus.WARN)
        status = status_message(self._name, "", level, text, values)
        self._status_out.publish(status)
        return status

    def _timing(self) -> dict[str, object]:
        if self._count < 2 or self._follower is None:
            return {}
        newest = np.arange(max(0, self._count - TICKS), self._count) % TICKS
        periods, durations = np.diff(self._begins[newest]), self._durations[newest]
        return {
            "rate_hz": float(1.0 / periods.mean()),
            "period_p99_ms": float(1e3 * np.percentile(periods, 99)),
            "tick_p50_ms": float(1e3 * np.percentile(durations, 50)),
            "tick_p99_ms": float(1e3 * np.percentile(durations, 99)),
            "state_age_ms": float(1e3 * self._state_age),
        }
