"""An arm that reaches what a camera sees: ``ros2 launch elcd_policy pick_by_sight.launch.py``.

The graph itself is described in `elcd_policy_ros2.graphs.sight_graph`.
"""

import os
from pathlib import Path

from elcd_policy import load
from elcd_policy_ros2.graphs.launching import actions, description, train_first
from elcd_policy_ros2.graphs.sight_graph import (
    PICK_BY_SIGHT_ARGUMENTS,
    check_prerequisites,
    pick_by_sight,
)
from launch import Action, LaunchDescription

TRAINED = Path("results/pick_by_sight/policy.pt")


def generate_launch_description() -> LaunchDescription:
    """Return the declared arguments, and what they start."""
    return description(__file__, PICK_BY_SIGHT_ARGUMENTS, bring_up)


def bring_up(arguments: dict) -> list[Action]:
    """Train first if no policy is given, then start the nodes."""
    check_prerequisites(arguments, os.environ)

    def nodes(policy: str) -> list[Action]:
        return actions(pick_by_sight(policy, load(policy).metadata, arguments))

    return train_first(arguments["policy"], arguments["source"], arguments["seed"], TRAINED, nodes)
