"""A policy and a simulated arm that follows it: ``ros2 launch elcd_policy follow_demo.launch.py``.

The graph itself, its arguments and parameters are described in `elcd_policy_ros2.graphs.graph`;
this file only says it in the terms of ROS's launch.
"""

import os
from pathlib import Path

from elcd_policy import load
from elcd_policy_ros2.graphs.graph import ARGUMENTS, check_prerequisites, follow_demo
from elcd_policy_ros2.graphs.launching import actions, description, train_first
from launch import Action, LaunchDescription

TRAINED = Path("results/follow_demo/policy.pt")


def generate_launch_description() -> LaunchDescription:
    """Return the declared arguments, and what they start."""
    return description(__file__, ARGUMENTS, bring_up)


def bring_up(arguments: dict) -> list[Action]:
    """Train first if no policy is given, then start the nodes."""
    check_prerequisites(arguments, os.environ)

    def nodes(policy: str) -> list[Action]:
        return actions(follow_demo(policy, load(policy).metadata, arguments))

    return train_first(arguments["policy"], arguments["source"], arguments["seed"], TRAINED, nodes)
