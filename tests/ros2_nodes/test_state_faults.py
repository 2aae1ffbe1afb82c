"""Streams of states that nobody should follow, over DDS: each has a word, and no command."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import Transition

from elcd_policy_ros2.node.messages import STATE_QOS

from .conftest import Ros
from .point_arm import START, Arm, configured, falls_silent, following, transition
from .test_endings import SLOW, start_policy_node


def test_a_jump_is_a_fault_and_the_motion_starts_anew_from_there(
    ros: Ros, policy_file: Path
) -> None:
    arm = following(ros, policy_file, max_state_speed=0.5)
    arm.moving = False
    arm.position = arm.position + np.array([0.0, 0.1, 0.0])
    ros.until(lambda: arm.says("fault: the state jumped: got 0.1"))
    falls_silent(ros, arm)
    count = len(arm.commands)
    arm.moving = True
    ros.until(lambda: len(arm.commands) > count + 10)
    arm.check_commands()


def test_a_second_publisher_of_the_state_is_named(ros: Ros, policy_file: Path) -> None:
    arm = following(ros, policy_file)
    second = ros.probe.create_publisher(PoseStamped, "ee_pose", STATE_QOS)
    ros.until(lambda: arm.says("fault: several publishers of /ee_pose: got /probe, /probe"))
    falls_silent(ros, arm)
    ros.probe.destroy_publisher(second)
    count = len(arm.commands)
    ros.until(lambda: len(arm.commands) > count + 10)


def test_states_that_come_too_seldom_are_one_fault(ros: Ros, policy_file: Path) -> None:
    arm = configured(ros, policy_file, state_timeout=0.2)
    arm.talking = False
    ros.probe.create_timer(
        0.25, lambda: (setattr(arm, "talking", True), arm.tell(), setattr(arm, "talking", False))
    )
    ros.until(lambda: transition(ros, Transition.TRANSITION_ACTIVATE))
    ros.until(lambda: arm.says("fault: no state for"))
    first = len(arm.statuses) - 1
    ros.spin(0.5)
    moved = int(arm.twists.any(axis=1).sum())
    ros.spin(2.0)
    assert int(arm.twists.any(axis=1).sum()) == moved
    words = {status.message.partition(" for ")[0] for status in arm.statuses[first:]}
    assert words == {"fault: no state"}
    arm.check_commands()


def test_after_a_stall_the_motion_starts_from_rest(
    ros: Ros, policy_file: Path, processes: list[subprocess.Popen]
) -> None:
    ros.start()
    arm = Arm(ros)
    process = start_policy_node(ros, policy_file, processes)
    ros.until(lambda: len(arm.twists) > 10 and np.linalg.norm(arm.twists[-1][:3]) > 0.06)
    os.kill(process.pid, signal.SIGSTOP)
    ros.spin(0.3)  # what was under way arrives
    count = len(arm.commands)
    arm.moving = False  # its receiver's timeout stops it
    ros.spin(1.5)
    assert len(arm.commands) == count
    os.kill(process.pid, signal.SIGCONT)
    arm.moving = True
    ros.until(lambda: len(arm.commands) > count + 20)
    linear = np.linalg.norm(arm.twists[count:, :3], axis=1)
    assert linear[0] <= SLOW * 0.02 + 1e-9
    assert np.abs(np.diff(linear)).max() <= SLOW * 0.02 + 1e-9
    assert linear[-1] > 0.03


@pytest.mark.parametrize("offset", [0.0, 0.05])
def test_start_is_not_a_jump(ros: Ros, policy_file: Path, offset: float) -> None:
    """The first state of a motion has none before it, wherever the arm was carried meanwhile."""
    arm = configured(ros, policy_file)
    arm.position = START + offset
    assert transition(ros, Transition.TRANSITION_ACTIVATE)
    ros.until(lambda: len(arm.commands) > 10)
