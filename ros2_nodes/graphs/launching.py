"""A node graph in the terms of ROS's launch; only launch files import this."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from launch.action import Action
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch_ros.actions import Node

from ..node.setting import Setting, check_names, resolve_settings
from .node_description import PACKAGE, NodeDescription

TRAIN = (sys.executable, "-m", "elcd_policy.cli.main", "train")


def description(
    file: str, settings: Sequence[Setting], bring_up: Callable[[dict[str, Any]], list[Action]]
) -> LaunchDescription:
    """Return the description of a launch file: its arguments, and what they start.

    Parameters
    ----------
    file : path of the launch file.
    settings : its arguments.
    bring_up : from their checked values to actions.
    """
    known = {setting.name: setting for setting in settings}

    def start(context: LaunchContext) -> list[Action]:
        if Path(file).name in {Path(word).name for word in sys.argv}:
            # Launch itself ignores a misspelt argument; an including file has others of its own.
            given = [word.partition(":=")[0] for word in context.argv if ":=" in word]
            check_names(given, known, "launch argument")
        configured = context.launch_configurations
        return bring_up(resolve_settings({name: configured[name] for name in known}, settings))

    arguments = [
        DeclareLaunchArgument(
            setting.name,
            default_value=setting.text,
            description=setting.meaning,
            choices=setting.texts or None,
        )
        for setting in settings
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=start)])


def train_first(
    policy: str, source: str, seed: int, file: Path, then: Callable[[str], list[Action]]
) -> list[Action]:
    """Return actions around a policy file, which is trained before if none is given.

    Parameters
    ----------
    policy : the file; empty to train one.
    source, seed : to train with.
    file : where the trained one is written.
    then : from the file's path to actions.
    """
    if policy:
        return then(policy)
    train = ExecuteProcess(
        cmd=[*TRAIN, source, "-o", str(file), "--seed", str(seed)], name="train", output="screen"
    )

    def go_on(event: Any, _: LaunchContext) -> list[Action]:
        if event.returncode:
            return [Shutdown(reason=f"training ended with status {event.returncode}")]
        return then(str(file))

    return [train, RegisterEventHandler(OnProcessExit(target_action=train, on_exit=go_on))]


def actions(nodes: Iterable[NodeDescription]) -> list[Action]:
    """Return the nodes of a graph; if one ends, so does everything."""
    return [action(node) for node in nodes]


def action(node: NodeDescription) -> Action:
    """Return one node, by launch_ros or as a process of another interpreter."""
    end = Shutdown(reason=f"{node.label} has ended")
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
