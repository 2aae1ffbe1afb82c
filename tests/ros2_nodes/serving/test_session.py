"""Tasks, preflight, dry run, certificates and slowness of the policy node, over DDS."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped, TwistStamped
from lifecycle_msgs.msg import Transition
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger
from torch import nn
from visualization_msgs.msg import MarkerArray

from elcd_policy import MotionPolicy, load, save
from elcd_policy_ros2.node.messages import (
    COMMAND_QOS,
    LATCHED_QOS,
    fill_pose,
    position_of,
    twist_of,
)
from elcd_policy_ros2.policy_node import PolicyNode
from elcd_policy_ros2.serving.field_markers import GRID

from ..conftest import PLACEMENT, Ros
from ..point_arm import (
    DT,
    EVERY,
    LEVEL,
    START,
    Arm,
    configured,
    falls_silent,
    following,
    transition,
)

Saved = Callable[..., Path]

ON_REQUEST = {"run_on_activate": False, "hold_at_goal": False}


def ask(ros: Ros, service: str) -> tuple[bool, str]:
    answer = ros.call(Trigger, f"/policy_node/{service}")
    return answer.success, answer.message


def set_parameter(ros: Ros, name: str, value: object) -> None:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    (result,) = ros.call(SetParameters, "/policy_node/set_parameters", request).results
    assert result.successful, result.reason


def test_a_behaviour_tree_runs_preempts_and_cancels_tasks(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file, **ON_REQUEST)
    assert ask(ros, "run") == (
        False,
        "no task can start: got a node that is not active; activate it",
    )
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.says("no task; call ~/run"))
    assert arm.statuses[-1].level == DiagnosticStatus.OK
    assert arm.commands == []
    assert ask(ros, "run") == (True, "task 1")
    ros.until(lambda: len(arm.commands) > 20)
    assert ask(ros, "run") == (True, "task 2")  # goes on without a stop
    ros.until(lambda: arm.facts["task"] == "2" and len(arm.commands) > 30)
    assert np.linalg.norm(arm.twists[10:, :3], axis=1).min() > 0.01
    assert ask(ros, "cancel") == (True, "canceled")
    ros.until(lambda: arm.says("task 2 canceled; call ~/run"))
    falls_silent(ros, arm)
    assert ask(ros, "cancel") == (False, "no task moves the arm")
    assert ask(ros, "run") == (True, "task 3")
    ros.until(lambda: arm.facts["task_state"] == "succeeded")
    falls_silent(ros, arm)
    ros.until(lambda: arm.says("task 3 succeeded; call ~/run"))
    assert arm.statuses[-1].level == DiagnosticStatus.OK
    assert float(arm.facts["task_time_s"]) > 0.5
    assert np.linalg.norm(arm.position - PLACEMENT.origin) < 0.0051


@pytest.mark.parametrize(
    ("parameters", "moving", "state", "reason"),
    [
        ({"task_timeout": 0.4}, True, "aborted", "not at the goal after 0.4 s"),
        ({"stuck_time": 0.4}, False, "stuck", "moved less than 0.005 m in "),
    ],
)
def test_a_task_that_does_not_arrive_ends_with_its_reason(
    ros: Ros, policy_file: Path, parameters: dict, moving: bool, state: str, reason: str
) -> None:
    arm = following(ros, policy_file, **parameters)
    arm.moving = moving
    ros.until(lambda: arm.facts["task_state"] == state)
    assert reason in arm.facts["task_reason"]
    falls_silent(ros, arm)
    ros.until(lambda: arm.says(f"task 1 {state}: {reason}"))
    assert arm.statuses[-1].level == DiagnosticStatus.ERROR
    arm.moving = True
    assert ask(ros, "run") == (True, "task 2")
    ros.until(lambda: arm.twists[-1].any())
    arm.check_commands()


def test_a_motion_that_would_break_a_limit_is_not_activated(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file)
    set_parameter(ros, "max_speed", 0.02)
    ros.until(lambda: not transition(ros, Transition.TRANSITION_ACTIVATE))
    ros.until(lambda: arm.says("the preflight refuses the motion from here: got 0."))
    assert arm.says("max_speed is 0.02 m/s; speed_scale 0.")
    assert arm.commands == []
    advised = float(arm.statuses[-1].message.partition("speed_scale ")[2].split()[0])
    set_parameter(ros, "speed_scale", advised)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    # The motion is slower now: once it has ramped up, nothing has to hold it.
    ros.until(lambda: len(arm.commands) > 20 and arm.facts["limited"] == "")
    policy = load(policy_file)
    _, path = policy.rollout([-50.0, 0.0], policy.metadata.duration, 0.02)
    peak = PLACEMENT.metres_per_unit * np.linalg.norm(policy.velocity(path), axis=1).max()
    assert advised == pytest.approx(0.02 / peak, abs=0.012)


@pytest.mark.parametrize("preflight", ["warn", "none"])
def test_a_preflight_that_only_warns_lets_the_limits_act(
    ros: Ros, policy_file: Path, preflight: str
) -> None:
    arm = configured(ros, policy_file, preflight=preflight)
    set_parameter(ros, "max_speed", 0.02)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: len(arm.commands) > 20)
    assert "speed" in arm.facts["limited"]
    assert np.linalg.norm(arm.twists[:, :3], axis=1).max() <= 0.02 + 1e-9


def test_an_arm_moved_elsewhere_meanwhile_is_not_led_on_from_there(
    ros: Ros, policy_file: Path
) -> None:
    arm = following(ros, policy_file)
    assert ros.call(SetBool, "/policy_node/pause", SetBool.Request(data=True)).success
    falls_silent(ros, arm)
    count = len(arm.commands)
    arm.position = START + np.array([0.0, 0.0, -0.2])  # by hand, out of the box
    ros.spin(0.2)
    assert ros.call(SetBool, "/policy_node/pause", SetBool.Request(data=False)).success
    ros.until(lambda: arm.says("task 1 aborted: the preflight refuses"))
    assert arm.says("m outside the workspace box in z after 0.")
    assert len(arm.commands) == count
    arm.position = START.copy()
    ros.spin(0.2)
    assert ask(ros, "run")[0]
    ros.until(lambda: len(arm.commands) > count + 10)
    arm.check_commands()


def test_a_dry_run_sends_nothing_to_the_robot(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file, dry_run=True)
    shown = ros.listen(TwistStamped, "/policy_node/dry_run", EVERY)
    ros.probe.create_publisher(TwistStamped, "cmd_vel", COMMAND_QOS)  # whoever drives the arm
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: len(shown) > 50)
    assert arm.commands == []
    assert ros.probe.count_publishers("cmd_vel") == 1
    assert arm.says("following (dry run on /policy_node/dry_run)")
    policy = load(policy_file)
    wished = PLACEMENT.velocity_to_robot(policy.velocity([-50.0, 0.0]))
    np.testing.assert_allclose(twist_of(shown[-1])[:3], wished, atol=1e-4)


def test_a_policy_without_a_certificate_is_not_let_in(
    ros: Ros, policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    bare = saved(policy, tmp_path / "bare.pt", PLACEMENT)
    ros.start(PolicyNode, policy_file=f"'{bare}'")
    arm = Arm(ros)
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says("is not certified: got the file carries no certificate"))
    set_parameter(ros, "allow_uncertified", True)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says("inactive (not certified: the file carries no certificate)"))
    assert (arm.statuses[-1].level, arm.facts["certified"]) == (DiagnosticStatus.WARN, "False")


class OwnField(nn.Module):
    """A field of a user's own, which is not registered."""

    def forward(self, e: torch.Tensor) -> torch.Tensor:
        return -5.0 * e


def test_a_file_of_ones_own_code_takes_trust_and_leave(
    ros: Ros, policy: MotionPolicy, tmp_path: Path, saved: Saved
) -> None:
    own = copy.deepcopy(policy)
    own.field = OwnField()
    path = saved(own, tmp_path / "own.pt", PLACEMENT)
    ros.start(PolicyNode, policy_file=f"'{path}'", allow_uncertified=True)
    arm = Arm(ros)
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says("can't be rebuilt, and its code is not run: got a OwnField"))
    set_parameter(ros, "trust_code", True)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says("inactive (not certified: its own code is run (trust_code)"))


def test_a_policy_that_misses_its_demonstrations_is_not_let_in(
    ros: Ros, policy: MotionPolicy, tmp_path: Path
) -> None:
    summary = "3 of 8 demonstrations are not followed (43 mm of 98 mm)"
    judged = copy.copy(policy)
    judged.metadata = replace(policy.metadata, fit={"passed": False, "summary": summary})
    save(judged, tmp_path / "unfit.pt", placement=PLACEMENT)
    ros.start(PolicyNode, policy_file=f"'{tmp_path / 'unfit.pt'}'")
    arm = Arm(ros)
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says(f"does not do what was shown: got {summary}"))
    set_parameter(ros, "allow_unfit", True)
    assert transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says(f"inactive (not followed: {summary})"))
    assert arm.facts["follows_demonstrations"] == "False"


def test_outside_the_demonstrations_it_is_slow_and_says_so(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file, demonstrated_margin=0.02, unknown_speed_scale=0.25)
    arm.moving = False
    away = PLACEMENT.rotation[:, 2]
    arm.position = START + 0.08 * away  # off the writing plane, 6 cm outside
    ros.spin(3 * DT)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.says("following slowly, outside the demonstrations' box"))
    assert arm.statuses[-1].level == DiagnosticStatus.WARN
    ros.until(lambda: len(arm.commands) > 20)
    assert arm.twists[-1][:3] @ away == pytest.approx(-0.25 * 2.0 * 0.08, abs=1e-4)
    arm.position = START.copy()
    ros.until(lambda: arm.statuses[-1].message == "following")


def test_the_field_is_shown_before_and_after_the_goal_has_moved(
    ros: Ros, policy_file: Path
) -> None:
    configured(ros, policy_file, predicted_path_rate=5.0)
    shown = ros.listen(MarkerArray, "/policy_node/markers", LATCHED_QOS)
    ros.until(lambda: shown)
    by_name = {marker.ns: marker for marker in shown[-1].markers}
    assert set(by_name) == {"field", "goal", "workspace box", "demonstrated box"}
    assert len(by_name["field"].points) == 2 * GRID[2] ** 2
    out = ros.probe.create_publisher(PoseStamped, "/policy_node/goal", COMMAND_QOS)
    ros.until(out.get_subscription_count)
    goal = PoseStamped()
    goal.header.frame_id = "base_link"
    target = PLACEMENT.to_robot([10.0, -5.0])
    fill_pose(goal.pose, target, LEVEL)
    count = len(shown)
    out.publish(goal)
    ros.until(lambda: len(shown) > count)
    by_name = {marker.ns: marker for marker in shown[-1].markers}
    np.testing.assert_allclose(position_of(by_name["goal"].pose), target, atol=1e-6)
