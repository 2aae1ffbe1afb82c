"""Transitions that fail say why."""

from __future__ import annotations

import pytest

from elcd_policy.errors import ParameterError

pytest.importorskip("rclpy")

from rclpy.lifecycle import LifecycleState

from elcd_policy_ros2.node.lifecycle import ERROR, FAILURE, SUCCESS, report_errors

STATE = LifecycleState("inactive", 2)


class Node:
    def __init__(self, outcome: BaseException | None) -> None:
        self.outcome = outcome
        self.problems: list[str] = []

    def fail(self, problem: str) -> None:
        self.problems.append(problem)

    @report_errors
    def on_configure(self, state: LifecycleState) -> object:
        if self.outcome is not None:
            raise self.outcome
        return SUCCESS


@pytest.mark.parametrize(
    ("outcome", "result", "problems"),
    [
        (None, SUCCESS, []),
        (ParameterError("no box", got=3, expected=4), FAILURE, ["no box: got 3, expected 4"]),
        (KeyError("x"), ERROR, ["on_configure: unexpected KeyError: 'x'"]),
    ],
)
def test_an_exception_is_told(outcome: Exception | None, result: object, problems: list) -> None:
    node = Node(outcome)
    assert node.on_configure(STATE) == result
    assert node.problems == problems
