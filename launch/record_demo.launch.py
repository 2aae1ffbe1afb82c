"""A recorder of demonstrations: ``ros2 launch elcd_policy record_demo.launch.py``.

The graph itself is described in `elcd_policy_ros2.graphs.robot_graph`.
"""

from elcd_policy_ros2.graphs.launching import actions, description
from elcd_policy_ros2.graphs.robot_graph import RECORD_DEMO_ARGUMENTS, record_demo
from launch import Action, LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Return the declared arguments, and what they start."""
    return description(__file__, RECORD_DEMO_ARGUMENTS, bring_up)


def bring_up(arguments: dict) -> list[Action]:
    """Start the recorder's node."""
    return actions(record_demo(arguments))
