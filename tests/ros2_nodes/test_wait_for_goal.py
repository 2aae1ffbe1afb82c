"""``wait_for_goal``: the arm stands until somebody has said where to go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import Transition

from elcd_policy_ros2.node.messages import COMMAND_QOS, fill_pose

from .conftest import PLACEMENT, Ros
from .point_arm import LEVEL, configured, transition


def test_the_arm_waits_for_its_first_goal(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file, wait_for_goal=True, goal_tolerance=0.004)
    out = ros.probe.create_publisher(PoseStamped, "/policy_node/goal", COMMAND_QOS)
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: arm.says("no goal yet"))
    ros.until(out.get_subscription_count)
    goal, target = PoseStamped(), PLACEMENT.to_robot([10.0, -5.0])
    goal.header.frame_id = "world"  # a goal that is refused is none
    fill_pose(goal.pose, target, LEVEL)
    out.publish(goal)
    ros.spin(0.3)
    assert arm.commands == []
    goal.header.frame_id = "base_link"
    out.publish(goal)
    ros.until(lambda: arm.says("goal reached"))
    assert np.linalg.norm(arm.position - target) < 0.0041
    arm.check_commands()
