"""What the lifecycle nodes do alike: begin by themselves, and give everything back in the end."""

from __future__ import annotations

from collections.abc import Sequence

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.timer import Timer

from .lifecycle import SUCCESS, told
from .parameters import Parameters
from .setting import Setting


class ManagedNode(LifecycleNode):
    """A lifecycle node of parameters, which `run_node` can run.

    A node of this kind says in `fail` what went wrong, and in `_tear_down` how to give back what
    *configure* has made, if it has. It calls `_begin` once it is whole.

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

    @told
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget what was loaded; its file and all other parameters may change."""
        self._tear_down()
        return super().on_cleanup(state)

    @told
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End the process."""
        self._tear_down()
        self.exit_status = 0
        return super().on_shutdown(state)

    @told
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """After an unexpected error: back to unconfigured."""
        self._tear_down()
        return super().on_error(state)

    def fail(self, problem: str) -> None:
        """Tell a problem in the log and on ``~/status``."""
        raise NotImplementedError

    def last_words(self) -> None:
        """Give everything back before the process ends."""
        self._tear_down()

    def _tear_down(self) -> None:
        raise NotImplementedError

    def _begin(self, delay: float = 0.0) -> None:
        """Call `_autostart` after ``delay`` s, if the node shall begin by itself."""
        if self.parameters["autostart"]:
            self._starter = self.create_timer(delay, self._autostart, clock=self._steady)

    def _begun(self) -> bool:
        """Give the timer of `_begin` back; False if that was done, and this call comes late."""
        starter, self._starter = self._starter, None
        if starter is None:  # an EventsExecutor may have queued the timer twice
            return False
        self.destroy_timer(starter)
        return True

    def _autostart(self) -> None:
        """Configure and activate."""
        if not self._begun():
            return
        if self.trigger_configure() != SUCCESS or self.trigger_activate() != SUCCESS:
            self.exit_status = 2
