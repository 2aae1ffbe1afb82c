"""Names the skill that somebody shows, from the first part of the motion, as a lifecycle node.

*configure* loads the skill file; *activate* starts watching ``ee_pose``. A motion begins when the
arm leaves its rest and ends when it rests again; in between its name is published once, on
``~/skill``, as soon as one has been probable enough for long enough. States that are stale,
damaged or of another frame end the motion unnamed, ``~/status`` says why, and the next one begins
after the next rest. A named skill may select the policy that ``policy_node`` serves; it is
configured, never activated.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import numpy as np
import torch
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from std_msgs.msg import String

from elcd_policy.errors import ParameterError
from elcd_policy.robot.orientation import matrix_from_quaternion
from elcd_policy.robot.safety import State, age_fault, frame_fault, input_fault
from elcd_policy.sequence import Recognition, load_skills_file
from elcd_policy.sequence.recognition import MOVING, UNKNOWN, WAITING

from .node.lifecycle import SUCCESS, report_errors
from .node.messages import LATCHED_QOS, seconds
from .node.node_settings import SKILL_NODE
from .node.run_node import run_node
from .node.setting import check_names
from .node.state_input import POSE_TOPIC, PoseInput
from .node.watching_node import ERROR, OK, WARN, WatchingNode
from .serving.policy_switch import PolicySwitch

NAME = "skill_node"
PHASES = {
    UNKNOWN: "no rest yet: a motion is named if it begins from rest",
    WAITING: "at rest",
    MOVING: "a motion that is not named yet",
}


class SkillNode(WatchingNode):
    """Watches one arm."""

    def __init__(self) -> None:
        super().__init__(NAME, SKILL_NODE, "skill")
        self._recognition: Recognition | None = None
        self._switch: PolicySwitch | None = None
        self._selection = ""
        self._skill, self._named, self._refused = "", 0, 0
        self._schedule_autostart()

    @report_errors
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and check the skill file, warm it up, set up topics."""
        p = self.parameters
        if not p["skill_file"]:
            raise ParameterError(
                "no skill file",
                got="skill_file ''",
                expected="the path of a skill file",
                advice="train one with: elcd skills lasa -o skills.pt",
            )
        torch.set_num_threads(1)
        skills = load_skills_file(p["skill_file"], trust_code=p["trust_code"])
        facts = skills.metadata
        if facts.dimension > 3:
            raise ParameterError(
                f"the skills in {p['skill_file']} do not fit an end effector",
                got=f"{facts.dimension} dimensions",
                expected="1, 2 or 3",
            )
        self._policies = _policies(p["skills"], p["policy_files"], facts.labels)
        turn = p["placement_rotation"]
        axes = matrix_from_quaternion(turn) if turn else np.eye(3)
        self._axes = axes[:, : facts.dimension]
        warm = skills.stream(np.zeros(facts.dimension))
        for count in range(1, 20):  # TorchScript settles
            warm.add(np.full(facts.dimension, 0.01 * count), 1.0 / facts.rate)
        self._recognition = Recognition(skills, p)
        self._input = PoseInput(self, self._on_mismatch)
        self._skill_out = self.create_publisher(String, "~/skill", LATCHED_QOS)
        if self._policies:
            self._switch = PolicySwitch(self, p["policy_node"], self._on_selected)
        self._tick = self.create_timer(1.0 / facts.rate, self._look, clock=self._steady)
        p.locked = True
        self._say(OK, "inactive")
        self.get_logger().info(f"{p['skill_file']}: {', '.join(facts.labels)}")
        return SUCCESS

    @report_errors
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start watching; what was seen before is forgotten."""
        assert self._recognition is not None
        self._recognition.restart()
        self._input.forget()
        self._active = True
        self._say(WARN, "no state yet")
        return super().on_activate(state)

    def _tear_down(self) -> None:
        self._active = False
        if self._recognition is None:
            return
        self._recognition = None
        self.destroy_timer(self._tick)
        self._input.close()
        self.destroy_publisher(self._skill_out)
        if self._switch is not None:
            self._switch.close()
            self._switch = None
        self._selection = self._skill = ""
        self._named = self._refused = 0
        self.parameters.locked = False
        self._say(OK, "unconfigured")

    def _look(self) -> None:
        """Take the newest state: the network reads as many a second as it has learned from."""
        if self._switch is not None:
            self._switch.check()
        recognition = self._recognition
        if not self._active or recognition is None:
            return
        now = time.perf_counter()
        state = self._input.state(now)
        if not isinstance(state, State):
            return  # none yet
        p = self.parameters
        fault = (
            input_fault(state.position, state.quaternion)
            or frame_fault(state.frame_id, p["base_frame"])
            or age_fault(state.received_age, state.stamp_age, p["state_timeout"])
        )
        if fault:
            self._refused += 1
            recognition.restart()
            self._say(ERROR, fault)
            return
        skill = recognition.add(seconds(self._input.stamp), state.position @ self._axes)
        if skill:
            self._name(skill)
        elif recognition.phase in PHASES:
            self._say(OK, PHASES[recognition.phase])

    def _name(self, skill: str) -> None:
        self._skill = skill
        self._named += 1
        self._skill_out.publish(String(data=skill))
        self._say(OK, f"the motion is {skill}")
        if self._switch is not None and skill in self._policies:
            self._selection = f"selecting {self._policies[skill]}"
            self._switch.select(self._policies[skill])

    def _on_selected(self, well: bool, text: str) -> None:
        self._selection = text
        # One line for each: a logger's severity can't change between calls from one place.
        if well:
            self.get_logger().info(text)
        else:
            self.get_logger().error(text)
        self._publish_status()

    def _on_mismatch(self, event: object) -> None:
        self._say(WARN, f"a publisher of {POSE_TOPIC} offers another QoS")

    def _facts(self) -> dict[str, object]:
        recognition = self._recognition
        if recognition is None:
            return {}
        values: dict[str, object] = {
            "phase": recognition.phase,
            "skill": self._skill,
            "named": self._named,
            "motion_s": recognition.duration,
            "states_refused": self._refused,
        }
        if recognition.guess is not None:
            values |= {
                "guess": recognition.guess.skill,
                "confidence": recognition.guess.confidence,
                "second": recognition.guess.second,
                "second_confidence": recognition.guess.second_confidence,
            }
        if self._selection:
            values["selection"] = self._selection
        return values


def _policies(skills: Sequence[str], files: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    if len(skills) != len(files):
        raise ParameterError(
            "'skills' and 'policy_files' don't fit",
            got=f"{len(skills)} and {len(files)}",
            expected="one file for each skill",
        )
    check_names(skills, dict.fromkeys(known), "skill")
    return dict(zip(skills, files, strict=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until a signal or a failure ends it."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return run_node(SkillNode, NAME, argv)


if __name__ == "__main__":
    raise SystemExit(main())
