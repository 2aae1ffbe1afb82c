"""Lifecycle transitions that report why they fail, and refuse what is not possible."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from elcd_policy.errors import ElcdError

SUCCESS, FAILURE, ERROR = (
    TransitionCallbackReturn.SUCCESS,
    TransitionCallbackReturn.FAILURE,
    TransitionCallbackReturn.ERROR,
)
Transition = Callable[[Any, LifecycleState], TransitionCallbackReturn]


class Reporting(Protocol):
    """A node that reports its problems."""

    def fail(self, problem: str) -> None:
        """Report a problem, one line."""


def report_errors(transition: Transition) -> Transition:
    """Return a transition that reports its exceptions: rclpy turns them into ERROR silently.

    A mistake of the user's (`ElcdError`) is a FAILURE, the state stays; anything else is
    an ERROR.
    """

    @wraps(transition)
    def run(node: Reporting, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except ElcdError as error:
            node.fail(str(error))
            return FAILURE
        except Exception as error:
            node.fail(f"{transition.__name__}: unexpected {type(error).__name__}: {error}")
            return ERROR

    return run


class StrictLifecycleNode(LifecycleNode):
    """A lifecycle node that refuses transitions its state does not have, and stays as it is.

    rclpy of Jazzy raises out of the service's callback there, which ends the process, and sends
    no answer (ros2/rclpy 1209).
    """

    def refuse(self, reason: str) -> None:
        """Report a request that is refused while everything goes on as before, one line."""
        raise NotImplementedError

    def _LifecycleNodeMixin__change_state(  # noqa: N802 - the one place that both ways lead through
        self, transition_id: int
    ) -> TransitionCallbackReturn:
        machine = self._state_machine
        possible = {row[0]: row[1] for row in machine.available_transitions}
        if transition_id not in possible:
            names = {row[0]: row[1] for row in machine.transition_graph}
            self.refuse(
                f"a transition is refused: got {names.get(transition_id, transition_id)} while "
                f"{machine.current_state[1]}, expected {' or '.join(possible.values()) or 'none'}"
            )
            return FAILURE
        return super()._LifecycleNodeMixin__change_state(transition_id)  # type: ignore[misc]
