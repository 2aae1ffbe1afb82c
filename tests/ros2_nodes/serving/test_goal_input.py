"""Goals over DDS: what is refused is said, and a goal that would break a limit moves no arm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped

from elcd_policy_ros2.node.messages import COMMAND_QOS, fill_pose

from ..conftest import PLACEMENT, Ros
from ..point_arm import LEVEL, Arm, configured, following

GOAL = PLACEMENT.to_robot([0.0, 0.0])


def shifted(x: float, y: float, z: float) -> np.ndarray:
    """The demonstrated goal, moved in m."""
    return GOAL + np.array([x, y, z])


class Aim:
    """Publishes goals to the policy node."""

    def __init__(self, ros: Ros, arm: Arm) -> None:
        self.arm, self.ros = arm, ros
        self.out = ros.probe.create_publisher(PoseStamped, "/policy_node/goal", COMMAND_QOS)
        ros.until(self.out.get_subscription_count)

    def send(self, position: np.ndarray, frame: str = "base_link") -> None:
        goal = PoseStamped()
        goal.header.frame_id = frame
        fill_pose(goal.pose, np.asarray(position, dtype=float), LEVEL)
        self.out.publish(goal)

    @property
    def refusal(self) -> str:
        return self.arm.facts.get("last_refusal", "")


@pytest.mark.parametrize(
    ("position", "frame", "reason"),
    [
        (GOAL, "world", "it is in another frame: got 'world', expected 'base_link'"),
        (np.full(3, np.nan), "base_link", "it is not finite"),
        (GOAL + 10.0, "base_link", "it is outside the workspace box: got [10.5, 10.1, 10.4]"),
        (shifted(0.0, 0.0, 0.13), "base_link", "it is inside box 1 of keep_out"),
        (shifted(0.0, 0.0, -0.12), "base_link", "it is outside the workspace box"),
        (shifted(0.14, 0.0, 0.0), "base_link", "it is far from the demonstrations: got 0.040 m"),
    ],
)
def test_a_refused_goal_is_said_on_the_status(
    ros: Ros, policy_file: Path, position: np.ndarray, frame: str, reason: str
) -> None:
    box = [*(shifted(-0.1, -0.1, 0.12)), *(shifted(0.1, 0.1, 0.2))]
    arm = configured(
        ros, policy_file, floor=0.3, keep_out=[float(x) for x in box], max_distance=0.02
    )
    aim = Aim(ros, arm)
    aim.send(position, frame)
    ros.until(lambda: aim.refusal.startswith(f"a goal is refused: {reason}"))
    ros.until(lambda: arm.says(reason) or arm.statuses[-1].level == DiagnosticStatus.OK)
    aim.send(GOAL)  # the node goes on


def test_a_goal_whose_way_leads_into_a_box_is_refused_in_motion(
    ros: Ros, policy_file: Path
) -> None:
    box = [*shifted(-0.1, -0.08, -0.055), *shifted(0.1, 0.08, -0.02)]  # under the old goal
    arm = following(
        ros, policy_file, workspace_margin=0.3, keep_out=[float(x) for x in box], stuck_time=0.0
    )
    aim = Aim(ros, arm)
    arm.moving = False  # on its way
    distance = float(arm.facts["distance_to_goal_m"])
    aim.send(shifted(0.0, 0.0, -0.075))  # outside the box, below it
    ros.until(lambda: "the preflight refuses the motion to the goal: got" in aim.refusal)
    assert "inside box 1 of keep_out after" in aim.refusal
    ros.until(lambda: arm.statuses[-1].message == "following")
    assert float(arm.facts["distance_to_goal_m"]) == pytest.approx(distance, abs=0.03)
    arm.check_commands()


def test_a_good_goal_in_motion_is_rehearsed_and_no_command_is_late(
    ros: Ros, policy_file: Path
) -> None:
    arm = following(ros, policy_file, goal_tolerance=0.004)
    aim = Aim(ros, arm)
    target = shifted(0.0, 0.03, 0.015)
    for step in np.linspace(0.2, 1.0, 5):  # the newest of several counts
        aim.send(GOAL + step * (target - GOAL))
    ros.until(lambda: arm.says("goal reached") and np.linalg.norm(arm.position - target) < 0.0041)
    assert aim.refusal == ""
    arm.check_commands()
