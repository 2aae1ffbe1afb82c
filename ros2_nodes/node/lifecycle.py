"""Lifecycle transitions that tell why they failed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from elcd_policy.errors import ElcdError

SUCCESS, FAILURE, ERROR = (
    TransitionCallbackReturn.SUCCESS,
    TransitionCallbackReturn.FAILURE,
    TransitionCallbackReturn.ERROR,
)
Transition = Callable[[Any, LifecycleState], TransitionCallbackReturn]


class Telling(Protocol):
    """A node that tells its problems."""

    def fail(self, problem: str) -> None:
        """Tell a problem, one line."""


def told(transition: Transition) -> Transition:
    """A transition whose exceptions are told: rclpy turns them into ERROR without a word.

    A mistake of the user's (`ElcdError`) is a FAILURE, the state stays; anything else is
    an ERROR.
    """

    @wraps(transition)
    def run(node: Telling, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except ElcdError as error:
            node.fail(str(error))
            return FAILURE
        except Exception as error:
            node.fail(f"{transition.__name__}: unexpected {type(error).__name__}: {error}")
            return ERROR

    return run
