"""The policy node over DDS, one test a promise; the arm is a point that the test moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped, TwistStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import GetState
from nav_msgs.msg import Path as PathMessage
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from elcd_policy import MotionPolicy, load, save
from elcd_policy.errors import ParameterError
from elcd_policy_ros2.node.messages import COMMAND_QOS, LATCHED_QOS, fill_pose, position_of
from elcd_policy_ros2.policy_node import PolicyNode

from .conftest import PLACEMENT, Ros
from .point_arm import DT, EVERY, LEVEL, Arm, configured, falls_silent, following, transition


def test_the_arm_is_led_to_the_goal(ros: Ros, policy_file: Path) -> None:
    arm = following(ros, policy_file, goal_tolerance=0.004)
    ros.until(lambda: arm.says("goal reached"))
    goal = PLACEMENT.to_robot(load(policy_file).get_goal())
    assert np.linalg.norm(arm.position - goal) < 0.0041
    arm.check_commands()
    assert {command.header.frame_id for command in arm.commands} == {"base_link"}
    assert {value.key: value.value for value in arm.statuses[-1].values}["goal_reached"] == "True"


def test_an_onnx_file_leads_there_too(ros: Ros, policy: MotionPolicy, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    file = tmp_path / "policy.onnx"
    assert save(policy, file, placement=PLACEMENT).certified
    arm = following(ros, file, goal_tolerance=0.004)
    ros.until(lambda: arm.says("goal reached"))
    goal = PLACEMENT.to_robot(policy.metadata.goal)
    assert np.linalg.norm(arm.position - goal) < 0.0041
    arm.check_commands()


def test_nothing_is_sent_before_a_state(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file)
    arm.talking = False
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.spin(0.5)
    assert arm.commands == []
    assert arm.says("no state")
    arm.talking = True
    ros.until(lambda: arm.commands)


def test_it_waits_for_somebody_who_listens(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file)
    ros.probe.destroy_subscription(arm.ear)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.says("nobody listens to /cmd_vel"))
    ros.probe.create_subscription(TwistStamped, "cmd_vel", arm.obey, EVERY)
    ros.until(lambda: len(arm.commands) > 10)
    arm.check_commands()  # the first of them starts from rest


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ({"talking": False}, "no state for"),
        ({"frame": "world"}, "got 'world', expected 'base_link'"),
        ({"stamp_offset": -0.5}, "the state is stale"),
        ({"stamp_offset": 0.5}, "in the future"),
        ({"position": np.full(3, np.nan)}, "position is not finite"),
    ],
)
def test_a_bad_state_stops_the_motion_and_a_good_one_resumes_it(
    ros: Ros, policy_file: Path, spoil: dict, message: str
) -> None:
    arm = following(ros, policy_file)
    good = {name: getattr(arm, name) for name in spoil}
    arm.moving = False
    for name, value in spoil.items():
        setattr(arm, name, value)
    ros.until(lambda: arm.says(message))
    assert arm.statuses[-1].level == DiagnosticStatus.ERROR
    falls_silent(ros, arm)
    for name, value in good.items():
        setattr(arm, name, value)
    ros.until(lambda: np.linalg.norm(arm.twists[-1]) > 0.01)
    arm.check_commands()


def test_stop_stays_until_reset_and_pause_ends_when_told(ros: Ros, policy_file: Path) -> None:
    arm = following(ros, policy_file)
    assert ros.call(SetBool, "/policy_node/pause", SetBool.Request(data=True)).success
    ros.until(lambda: arm.says("paused"))
    falls_silent(ros, arm)
    assert ros.call(SetBool, "/policy_node/pause", SetBool.Request(data=False)).success
    ros.until(lambda: arm.twists[-1].any())
    assert ros.call(Trigger, "/policy_node/stop").success
    ros.until(lambda: arm.says("stopped; call ~/reset"))
    falls_silent(ros, arm)
    assert transition(ros, Transition.TRANSITION_DEACTIVATE)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.spin(0.3)
    assert not arm.twists[-1].any()
    assert ros.call(Trigger, "/policy_node/reset").success
    ros.until(lambda: arm.twists[-1].any())
    arm.check_commands()


def test_a_deadman_switch_that_is_let_go_stops_the_motion(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file, require_enable=True, enable_timeout=0.3)
    switch = ros.probe.create_publisher(Bool, "/policy_node/enable", COMMAND_QOS)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.says("not enabled"))
    assert arm.commands == []
    timer = ros.probe.create_timer(0.05, lambda: switch.publish(Bool(data=True)))
    ros.until(lambda: len(arm.commands) > 20)
    timer.cancel()
    ros.until(lambda: arm.says("not enabled"))
    falls_silent(ros, arm)


def test_deactivation_ramps_to_zero_then_is_silent(ros: Ros, policy_file: Path) -> None:
    arm = following(ros, policy_file)
    assert arm.twists[-1].any()
    assert transition(ros, Transition.TRANSITION_DEACTIVATE)
    falls_silent(ros, arm)
    assert arm.says("inactive")
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.twists[-1].any())
    arm.check_commands()


def test_it_refuses_to_start_beside_another_publisher(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file)
    rival = ros.probe.create_publisher(TwistStamped, "cmd_vel", COMMAND_QOS)
    ros.until(lambda: ros.probe.count_publishers("cmd_vel") == 2)
    ros.until(lambda: not transition(ros, Transition.TRANSITION_ACTIVATE))
    ros.until(lambda: arm.says("another publisher drives /cmd_vel: got /probe"))
    assert arm.commands == []
    ros.probe.destroy_publisher(rival)
    ros.until(lambda: transition(ros, Transition.TRANSITION_ACTIVATE))
    ros.until(lambda: arm.commands)
    ros.probe.create_publisher(TwistStamped, "cmd_vel", COMMAND_QOS)
    ros.until(lambda: arm.says("another publisher drives /cmd_vel: /probe"))
    falls_silent(ros, arm)


def test_a_moved_goal_is_followed_and_a_bad_one_is_not(ros: Ros, policy_file: Path) -> None:
    arm = following(ros, policy_file, goal_tolerance=0.004)
    out = ros.probe.create_publisher(PoseStamped, "/policy_node/goal", COMMAND_QOS)
    ros.until(out.get_subscription_count)
    target = PLACEMENT.to_robot([10.0, -5.0])
    for frame, position in (
        ("base_link", target),
        ("world", target + 0.01),
        ("base_link", target + 10.0),
        ("base_link", np.full(3, np.nan)),
    ):
        goal = PoseStamped()
        goal.header.frame_id = frame
        fill_pose(goal.pose, position, LEVEL)
        out.publish(goal)
        ros.spin(0.1)
    ros.until(lambda: arm.says("goal reached"))
    assert np.linalg.norm(arm.position - target) < 0.0041


def test_the_predicted_path_leads_from_the_arm_to_the_goal(ros: Ros, policy_file: Path) -> None:
    paths = []
    arm = following(ros, policy_file, predicted_path_rate=5.0)
    arm.moving = False
    ros.probe.create_subscription(
        PathMessage, "/policy_node/predicted_path", paths.append, LATCHED_QOS
    )
    ros.until(lambda: len(paths) > 1)
    points = np.array([position_of(pose.pose) for pose in paths[-1].poses])
    policy = load(policy_file)
    x = PLACEMENT.to_policy(arm.position)[:2]
    _, expected = policy.rollout(x, policy.metadata.duration, policy.metadata.duration / 50)
    np.testing.assert_allclose(points, PLACEMENT.to_robot(expected), atol=1e-3)


def test_diagnostics_show_rate_latency_and_peers_with_another_qos(
    ros: Ros, policy_file: Path
) -> None:
    arm = following(ros, policy_file)
    diagnostics = ros.listen(DiagnosticArray, "/diagnostics")
    arm.ros.probe.create_subscription(TwistStamped, "cmd_vel", lambda _: None, LATCHED_QOS)

    def newest() -> dict[str, str]:
        return {v.key: v.value for v in diagnostics[-1].status[0].values} if diagnostics else {}

    ros.until(lambda: "incompatible_qos_cmd_vel" in newest())
    assert float(newest()["rate_hz"]) == pytest.approx(1 / DT, rel=0.3)
    assert 0 < float(newest()["tick_p50_ms"]) <= float(newest()["tick_p99_ms"])
    assert float(newest()["state_age_ms"]) < 200


def test_live_parameters_change_and_others_do_not_while_configured(
    ros: Ros, policy_file: Path
) -> None:
    arm = following(ros, policy_file)

    def set_parameter(name: str, value: object) -> str:
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()]
        )
        (result,) = ros.call(SetParameters, "/policy_node/set_parameters", request).results
        return "" if result.successful else result.reason

    assert "rate" in set_parameter("rate", 20.0)
    assert "out of range" in set_parameter("max_speed", 50.0)
    assert set_parameter("max_speed", 0.02) == ""
    assert set_parameter("max_speed", "fast") != ""
    ros.until(lambda: 0.0 < np.linalg.norm(arm.twists[-1][:3]) <= 0.02 + 1e-9)
    assert set_parameter("speed_scale", 0) == ""  # a whole number does for a float
    ros.until(lambda: np.linalg.norm(arm.twists[-1][:3]) < 1e-9)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"policy_file": "/nowhere.pt"}, "no policy file at /nowhere.pt"),
        ({"policy_file": "''"}, "no policy file: got policy_file ''"),
        ({"policy_file": __file__}, "no policy file"),
        ({"workspace_lower": "[9.0, 9.0, 9.0]"}, "the workspace box is not a box"),
        ({"hold_orientation": "[0.0, 0.0, 0.0, 0.0]"}, "is not a quaternion"),
    ],
)
def test_what_can_not_be_configured_is_said_in_one_line(
    ros: Ros, policy_file: Path, parameters: dict, message: str
) -> None:
    ros.start(PolicyNode, **{"policy_file": f"'{policy_file}'", **parameters})
    arm = Arm(ros)
    assert not transition(ros, Transition.TRANSITION_CONFIGURE)
    ros.until(lambda: arm.says(message))
    assert ros.call(GetState, "/policy_node/get_state").current_state.label == "unconfigured"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate": 5000.0}, "'rate' has a bad value: got 5000.0, expected 1 to 1000 Hz"),
        ({"polcy_file": "x"}, "unknown parameter of policy_node: got polcy_file, expected one of"),
        ({"max_speed": "fast"}, "'max_speed' has a bad value: got fast, expected a number"),
    ],
)
def test_bad_parameters_are_named(ros: Ros, parameters: dict, message: str) -> None:
    with pytest.raises(ParameterError) as error:
        ros.start(PolicyNode, **parameters)
    assert message in str(error.value)
