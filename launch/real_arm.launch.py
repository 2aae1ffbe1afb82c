"""A policy that leads a robot: ``ros2 launch elcd_policy real_arm.launch.py policy:=policy.pt``.

The graph itself is described in `elcd_policy_ros2.graphs.robot_graph`; docs/real_arm.md says what
has to run before.
"""

from pathlib import Path

from elcd_policy_ros2.graphs.launching import actions, description
from elcd_policy_ros2.graphs.robot_graph import REAL_ARM_ARGUMENTS, real_arm
from launch import Action, LaunchDescription

CONFIGS = Path(__file__).resolve().parents[1] / "config"


def generate_launch_description() -> LaunchDescription:
    """Return the declared arguments, and what they start."""
    return description(__file__, REAL_ARM_ARGUMENTS, bring_up)


def bring_up(arguments: dict) -> list[Action]:
    """Start the policy's node."""
    return actions(real_arm(arguments, CONFIGS))
