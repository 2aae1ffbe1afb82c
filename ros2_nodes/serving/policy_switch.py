"""Gives another node another policy to serve, by its lifecycle services."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter

PATIENCE = 20.0
"""s for an answer: configuring loads and checks the file."""


class PolicySwitch:
    """Leads a policy node from one policy to another, up to *configured* and no further.

    A node that is active moves an arm: it is left alone. What was selected waits to be activated
    by whoever may let the arm move.

    Parameters
    ----------
    node : asks.
    target : name of the policy node.
    tell : is told how it went: whether well, and one line.
    """

    def __init__(self, node: Node, target: str, tell: Callable[[bool, str], None]) -> None:
        self._node, self._target, self._tell = node, target, tell
        self._state = node.create_client(GetState, f"{target}/get_state")
        self._change = node.create_client(ChangeState, f"{target}/change_state")
        self._parameters = node.create_client(SetParameters, f"{target}/set_parameters")
        self._file = ""
        self._wanted = ""
        self._deadline: float | None = None
        self._turn = 0  # answers to questions of an earlier turn are late

    def select(self, policy_file: str) -> None:
        """Serve a file; if another is being selected, afterwards."""
        self._wanted = policy_file
        if self._deadline is None:
            self._begin()

    def check(self) -> None:
        """Give up on an answer that does not come."""
        if self._deadline is not None and time.perf_counter() > self._deadline:
            self._end(False, f"{self._target} has not answered for {PATIENCE:g} s")

    def close(self) -> None:
        """Ask no more."""
        self._turn += 1
        for client in (self._state, self._change, self._parameters):
            self._node.destroy_client(client)

    def _begin(self) -> None:
        self._file, self._wanted = self._wanted, ""
        self._turn += 1
        self._ask(self._state, GetState.Request(), self._on_state)

    def _on_state(self, response: GetState.Response) -> None:
        state = response.current_state
        if state.id == State.PRIMARY_STATE_INACTIVE:
            self._transit(Transition.TRANSITION_CLEANUP, "clean up", self._set)
        elif state.id == State.PRIMARY_STATE_UNCONFIGURED:
            self._set()
        else:
            self._end(False, f"{self._target} is {state.label}: its policy stays")

    def _set(self) -> None:
        value = Parameter("policy_file", value=self._file).to_parameter_msg()
        self._ask(self._parameters, SetParameters.Request(parameters=[value]), self._on_set)

    def _on_set(self, response: SetParameters.Response) -> None:
        (result,) = response.results
        if not result.successful:
            self._end(False, f"{self._target} refuses {self._file}: {result.reason}")
            return
        self._transit(
            Transition.TRANSITION_CONFIGURE,
            f"configure {self._file}",
            lambda: self._end(True, f"{self._target} is ready to follow {self._file}"),
        )

    def _transit(self, number: int, what: str, then: Callable[[], None]) -> None:
        def on_answer(response: ChangeState.Response) -> None:
            if response.success:
                then()
            else:
                self._end(False, f"{self._target} could not {what}: see its ~/status")

        request = ChangeState.Request(transition=Transition(id=number))
        self._ask(self._change, request, on_answer)

    def _ask(self, client: Any, request: Any, then: Callable[[Any], None]) -> None:
        if not client.service_is_ready():
            self._end(False, f"no {client.srv_name}: is {self._target} running?")
            return
        turn = self._turn
        self._deadline = time.perf_counter() + PATIENCE

        def on_done(future: Any) -> None:
            if turn == self._turn:
                then(future.result())

        client.call_async(request).add_done_callback(on_done)

    def _end(self, well: bool, text: str) -> None:
        self._deadline = None
        self._turn += 1
        self._tell(well, text)
        if self._wanted:
            self._begin()
