"""Two policies and two simulated arms in one graph: ``ros2 launch elcd_policy two_arms.launch.py``.

The graph itself is described in `elcd_policy_ros2.graphs.graph`.
"""

import os
from pathlib import Path

from elcd_policy import load
from elcd_policy_ros2.graphs.graph import TWO_ARMS_ARGUMENTS, check_prerequisites, two_arms
from elcd_policy_ros2.graphs.launching import actions, description, train_first
from launch import Action, LaunchDescription

TRAINED = Path("results/follow_demo/policy.pt")


def generate_launch_description() -> LaunchDescription:
    """Return the declared arguments, and what they start."""
    return description(__file__, TWO_ARMS_ARGUMENTS, bring_up)


def bring_up(arguments: dict) -> list[Action]:
    """Train first if no policy is given, then start the nodes."""
    check_prerequisites(arguments, os.environ)

    def nodes(policy: str) -> list[Action]:
        files = [policy, arguments["policy2"] or policy]
        return actions(two_arms([(file, load(file).metadata) for file in files], arguments))

    return train_first(arguments["policy"], arguments["source"], arguments["seed"], TRAINED, nodes)
