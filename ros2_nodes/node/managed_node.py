"""Base of the lifecycle nodes: start by themselves, and release everything in the end."""

from __future__ import annotations

from collections.abc import Sequence

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.timer import Timer

from .lifecycle import SUCCESS, StrictLifecycleNode, report_errors
from .parameters import Parameters
from .setting import Setting


class ManagedNode(StrictLifecycleNode):
    """A lifecycle node of parameters, which `run_node` can run.

    A subclass reports failures in `fail` and refusals in `refuse`, releases in `_tear_down` what
    *configure* made, if it did, and calls `_schedule_autostart` at the end of its constructor.

    Parameters
    ----------
    name : of the node.
    settings : its parameters, "autostart" among them.
    """

    def __init__(self, name: str, settings: Sequence[Setting]) -> None:
        super().__init__(name)
        self.exit_status: int | None = None
        self.parameters = Parameters(self, settings)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._starter: Timer | None = None

    @report_errors
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget what was loaded; its file and all other parameters may change."""
        self._tear_down()
        return super().on_cleanup(state)

    @report_errors
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End the process."""
        self._tear_down()
        self.exit_status = 0
        return super().on_shutdown(state)

    @report_errors
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go back to unconfigured after an unexpected error."""
        self._tear_down()
        return super().on_error(state)

    def fail(self, problem: str) -> None:
        """Report a problem in the log and on ``~/status``, one line."""
        raise NotImplementedError

    def handle_exception(self, error: Exception) -> None:
        """Report an unexpected exception of a callback: the node goes on, an arm may be moving."""
        self.refuse(f"unexpected error in a callback: {type(error).__name__}: {error}")

    def shut_down(self) -> None:
        """Release everything before the process ends."""
        self._tear_down()

    def _tear_down(self) -> None:
        raise NotImplementedError

    def _schedule_autostart(self, delay: float = 0.0) -> None:
        """Call `_autostart` after ``delay`` s, if the node is to start by itself."""
        if self.parameters["autostart"]:
            self._starter = self.create_timer(delay, self._autostart, clock=self._steady)

    def _starter_due(self) -> bool:
        """Destroy the start's timer; return False if that was done and this call is late."""
        starter, self._starter = self._starter, None
        if starter is None:  # an EventsExecutor may have queued the timer twice
            return False
        self.destroy_timer(starter)
        return True

    def _autostart(self) -> None:
        """Configure and activate."""
        if not self._starter_due():
            return
        if self.trigger_configure() != SUCCESS or self.trigger_activate() != SUCCESS:
            self.exit_status = 2
