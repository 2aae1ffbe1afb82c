"""A policy and a simulated arm that follows it: ``ros2 launch elcd_policy follow_demo.launch.py``.

The graph itself, its arguments and parameters are described in `elcd_policy_ros2.graph`; this
file only says it in the terms of ROS's launch.
"""

import os
import sys
from pathlib import Path

from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch_ros.actions import Node

from elcd_policy import load_policy
from elcd_policy_ros2.graph import (
    ARGUMENTS,
    PACKAGE,
    NodeDescription,
    check_given,
    checked_arguments,
    follow_demo,
    preflight,
)
from launch import Action, LaunchContext, LaunchDescription

TRAINED = Path("results/follow_demo/policy.pt")
TRAIN = (sys.executable, "-m", "elcd_policy.cli", "train")


def generate_launch_description() -> LaunchDescription:
    """The declared arguments, and what they bring up."""
    arguments = [
        DeclareLaunchArgument(
            setting.name,
            default_value=setting.text,
            description=setting.meaning,
            choices=setting.texts or None,
        )
        for setting in ARGUMENTS
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=bring_up)])


def bring_up(context: LaunchContext) -> list[Action]:
    """Train first if no policy is given, then start the nodes."""
    if Path(__file__).name in {Path(word).name for word in sys.argv}:
        # Launch itself ignores a misspelt argument; an including file has others of its own.
        check_given(word.partition(":=")[0] for word in context.argv if ":=" in word)
    configured = context.launch_configurations
    arguments = checked_arguments({setting.name: configured[setting.name] for setting in ARGUMENTS})
    preflight(arguments, os.environ)
    if arguments["policy"]:
        return nodes(arguments["policy"], arguments)
    seed = str(arguments["seed"])
    train = ExecuteProcess(
        cmd=[*TRAIN, arguments["source"], "-o", str(TRAINED), "--seed", seed],
        name="train",
        output="screen",
    )

    def trained(event, _: LaunchContext) -> list[Action]:
        if event.returncode:
            return [Shutdown(reason=f"training ended with status {event.returncode}")]
        return nodes(str(TRAINED), arguments)

    return [train, RegisterEventHandler(OnProcessExit(target_action=train, on_exit=trained))]


def nodes(policy_file: str, arguments: dict) -> list[Action]:
    """The nodes of the graph around a policy file."""
    graph = follow_demo(policy_file, load_policy(policy_file).metadata, arguments)
    return [action(node) for node in graph]


def action(node: NodeDescription) -> Action:
    """One node; if it ends, so does everything."""
    end = Shutdown(reason=f"{node.executable} has ended")
    if node.interpreter:
        return ExecuteProcess(
            cmd=node.command(),
            env=node.environment(os.environ),
            name=node.executable,
            output="screen",
            on_exit=end,
        )
    parameters = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in node.given.items()
    }
    return Node(
        package=PACKAGE,
        executable=node.executable,
        name=node.executable,
        namespace=node.namespace,
        parameters=[*node.parameter_files, parameters],
        remappings=node.remappings,
        output="screen",
        on_exit=end,
    )
