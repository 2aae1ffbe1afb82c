"""What the nodes that watch a stream do alike: say on ``~/status`` what they make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from .lifecycle import told
from .managed_node import ManagedNode
from .messages import LATCHED_QOS, status_message
from .setting import Setting

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class WatchingNode(ManagedNode):
    """A managed node that tells its state on every change and each second.

    Parameters
    ----------
    name, settings : as of `ManagedNode`.
    subject : of the status, behind the node's name.
    """

    def __init__(self, name: str, settings: Sequence[Setting], subject: str) -> None:
        super().__init__(name, settings)
        self._subject = subject
        self._active = False
        self._told: tuple[bytes, str] = (OK, "unconfigured")
        self._status_out = self.create_publisher(DiagnosticStatus, "~/status", LATCHED_QOS)
        self.create_timer(1.0, self._publish_status, clock=self._steady)

    @told
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Watch no more."""
        self._active = False
        self._say(OK, "inactive")
        return super().on_deactivate(state)

    def fail(self, problem: str) -> None:
        """Tell a problem in the log and on ``~/status``."""
        self._say(ERROR, problem)

    def _facts(self) -> Mapping[str, object]:
        """What else the status says."""
        raise NotImplementedError

    def _begin(self, delay: float = 0.0) -> None:
        super()._begin(delay)
        self._publish_status()

    def _say(self, level: bytes, text: str) -> None:
        """Tell on ``~/status``, and in the log if it is news."""
        # Numbers count up or flicker: compare without them.
        news = (level, _words(text)) != (self._told[0], _words(self._told[1]))
        self._told = level, text
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
        level, text = self._told
        self._status_out.publish(status_message(name, "", level, text, self._facts()))


def _words(text: str) -> str:
    return "".join(letter for letter in text if not letter.isdigit())
