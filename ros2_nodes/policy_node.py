"""The policy as a lifecycle node: the robot's state in, velocity commands out.

*configure* loads and checks the policy file; *activate* holds the motion from here against
all limits, then starts following, with nothing published before a fresh state; *deactivate*
ramps to zero, sends zeros, then is silent. When states stop or turn bad it does the same,
and says why in ``~/status`` and the log.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from elcd_policy.errors import ElcdError

from .node.lifecycle import SUCCESS, report_errors
from .node.managed_node import ManagedNode
from .node.policy_settings import POLICY_NODE
from .node.run_node import run_node
from .serving.permission import Permission
from .serving.reporting import WARN, Reporter
from .serving.session import Session
from .serving.task_services import TaskServices

DISCOVERY = 0.5  # s from configuring to activating by itself: other publishers become known
NAME = "policy_node"


class PolicyNode(ManagedNode):
    """Serves one policy to one arm."""

    def __init__(self) -> None:
        super().__init__(NAME, POLICY_NODE)
        self.parameters.on_change = self._on_parameters
        self._reporter = Reporter(self, self._steady)
        self._session: Session | None = None
        self._permission = Permission(self, self._on_stop, self._on_reset)
        TaskServices(self, self._run, self._cancel)
        self._schedule_autostart()

    @report_errors
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and check the policy, warm it up, set up topics and the tick."""
        self._session = Session(
            self, self.parameters, self._permission, self._reporter, self._steady
        )
        self.parameters.locked = True
        return SUCCESS

    @report_errors
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start following from here, if nothing speaks against it."""
        assert self._session is not None
        self._session.activate()
        self._reporter.problem("")
        return super().on_activate(state)

    @report_errors
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop following: the tick ramps to zero and goes silent, without blocking here."""
        assert self._session is not None
        self._session.deactivate()
        return super().on_deactivate(state)

    def fail(self, problem: str) -> None:
        """Report a problem in the log and, until a transition succeeds, on ``~/status``."""
        self.get_logger().error(problem)
        self._reporter.problem(problem)

    def refuse(self, reason: str) -> None:
        """Report a refused request in the log and on ``~/status``; the motion goes on."""
        self._reporter.refuse(reason)

    def _tear_down(self) -> None:
        """Send the last zero command and wait until it is received."""
        if self._session is not None:
            self._session.close()
            self._session = None
            self.parameters.locked = False
            self._reporter.end()

    def _autostart(self) -> None:
        """Configure; after a while, once there is a state to begin from, activate."""
        session = self._session
        if session is not None and session.unready:
            self._reporter.problem(f"waiting to activate: {session.unready}", WARN)
            return
        if not self._starter_due():
            return
        transition = self.trigger_configure if session is None else self.trigger_activate
        if transition() != SUCCESS:
            self.exit_status = 2
        elif session is None:
            self._schedule_autostart(DISCOVERY)

    def _run(self) -> int:
        if self._session is None:
            raise ElcdError("no task can start", got="a node without a policy", advice="configure")
        return self._session.run()

    def _cancel(self) -> bool:
        return self._session is not None and self._session.cancel()

    def _on_stop(self) -> None:
        if self._session is not None:
            self._session.stop()

    def _on_reset(self) -> str:
        return self._session.reset() if self._session is not None else ""

    def _on_parameters(self) -> None:
        if self._session is not None:
            self._session.retune()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until a signal or a failure ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(PolicyNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
