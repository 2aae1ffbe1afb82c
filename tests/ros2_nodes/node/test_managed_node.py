"""All managed nodes answer every transition in every state, and outlive their callbacks' errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState

from elcd_policy_ros2.goal_node import GoalNode
from elcd_policy_ros2.node.messages import LATCHED_QOS
from elcd_policy_ros2.policy_node import PolicyNode
from elcd_policy_ros2.skill_node import SkillNode
from elcd_policy_sim.vision import DETECTOR

from ..conftest import Ros

UNCONFIGURED, INACTIVE, ACTIVE = (
    State.PRIMARY_STATE_UNCONFIGURED,
    State.PRIMARY_STATE_INACTIVE,
    State.PRIMARY_STATE_ACTIVE,
)
WAY = {
    UNCONFIGURED: (),
    INACTIVE: (Transition.TRANSITION_CONFIGURE,),
    ACTIVE: (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE),
}
"""Transitions from unconfigured to each state."""

POSSIBLE = {
    UNCONFIGURED: {1, 5},
    INACTIVE: {2, 3, 6},
    ACTIVE: {4, 7},
}
"""Numbers of the transitions of each state (lifecycle_msgs/Transition)."""

EVERY = (*range(10), 40, 97, 98, 99, 200)


class Remote:
    """Calls a node's lifecycle services, as `ros2 lifecycle` does."""

    def __init__(self, ros: Ros, name: str) -> None:
        self.ros, self.name = ros, name
        self.statuses = ros.listen(DiagnosticStatus, f"/{name}/status", LATCHED_QOS)

    def change(self, number: int, label: str = "") -> bool:
        request = ChangeState.Request(transition=Transition(id=number, label=label))
        return self.ros.call(ChangeState, f"/{self.name}/change_state", request).success

    @property
    def state(self) -> int:
        return self.ros.call(GetState, f"/{self.name}/get_state").current_state.id


@pytest.fixture
def parameters(policy_file: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Of the node that can be configured without anything else running."""
    if request.param == "policy_node":
        return {"policy_file": f"'{policy_file}'"}
    if request.param == "goal_node":
        return {"detector_file": f"'{DETECTOR}'"}
    return {"skill_file": f"'{request.getfixturevalue('skill_file')}'"}


@pytest.mark.parametrize(
    ("create", "parameters"),
    [(PolicyNode, "policy_node"), (GoalNode, "goal_node"), (SkillNode, "skill_node")],
    indirect=["parameters"],
)
@pytest.mark.parametrize("state", [UNCONFIGURED, INACTIVE, ACTIVE])
def test_transitions_that_a_state_does_not_have_are_refused(
    ros: Ros, create: Callable[[], Any], parameters: dict[str, str], state: int
) -> None:
    node = ros.start(create, **parameters)
    remote = Remote(ros, node.get_name())
    for number in WAY[state]:
        assert remote.change(number)
    for number in set(EVERY) - POSSIBLE[state]:
        assert not remote.change(number)
        assert remote.state == state
        ros.until(lambda: "a transition is refused: got " in remote.statuses[-1].message)
        assert remote.statuses[-1].level >= DiagnosticStatus.WARN
    assert not remote.change(0, "fly")
    for label in ("transition_success", "cleanup" if state == ACTIVE else "deactivate"):
        assert not remote.change(0, label)
    assert remote.state == state
    assert node.exit_status is None
    (shutdown,) = POSSIBLE[state] - {1, 2, 3, 4}
    assert remote.change(shutdown)
    assert node.exit_status == 0
