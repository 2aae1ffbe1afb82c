"""Base of the nodes that watch a stream: they say on ``~/status`` what they make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from .lifecycle import report_errors
from .managed_node import ManagedNode
from .messages import LATCHED_QOS, Refusal, status_message, without_numbers
from .setting import Setting

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class WatchingNode(ManagedNode):
    """A managed node that publishes its status on every change and each second.

    Parameters
    ----------
    name, settings : as of `ManagedNode`.
    subject : of the status, behind the node's name.
    """

    def __init__(self, name: str, settings: Sequence[Setting], subject: str) -> None:
        super().__init__(name, settings)
        self._subject = subject
        self._active = False
        self._refusal = Refusal()
        self._said: tuple[bytes, str] = (OK, "unconfigured")
        self._status_out = self.create_publisher(DiagnosticStatus, "~/status", LATCHED_QOS)
        self.create_timer(1.0, self._publish_status, clock=self._steady)

    @report_errors
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop watching."""
        self._active = False
        self._say(OK, "inactive")
        return super().on_deactivate(state)

    def fail(self, problem: str) -> None:
        """Report a problem in the log and on ``~/status``, where it stays until there is news."""
        self._say(ERROR, problem)

    def refuse(self, reason: str) -> None:
        """Report a refused request in the log and, for a while, on ``~/status``."""
        self.get_logger().warning(reason)
        self._refusal = Refusal(reason)
        self._publish_status()

    def _facts(self) -> Mapping[str, object]:
        """Return the values of the status, by name."""
        raise NotImplementedError

    def _schedule_autostart(self, delay: float = 0.0) -> None:
        super()._schedule_autostart(delay)
        self._publish_status()

    def _say(self, level: bytes, text: str) -> None:
        """Set the status; what is news is published and logged at once."""
        news = (level, without_numbers(text)) != (self._said[0], without_numbers(self._said[1]))
        self._said = level, text
        if not news:
            return
        log = self.get_logger()
        # One line for each: a logger's severity can't change between calls from one place.
        if level == OK:
            log.info(text)
        elif level == WARN:
            log.warning(text)
        else:
            log.error(text)
        self._publish_status()

    def _publish_status(self) -> None:
        name = f"{self.get_fully_qualified_name().lstrip('/')}: {self._subject}"
        level, text = self._refusal.add_to(*self._said)
        values = {**self._facts(), **self._refusal.values}
        self._status_out.publish(status_message(name, "", level, text, values))
