"""What skill_node can be told."""

from __future__ import annotations

from elcd_policy.sequence import NAMING

from .settings import Setting

SKILL_NODE = (
    Setting("skill_file", "", "Path of the skill file (.pt or .elcdz)"),
    Setting("base_frame", "base_link", "Frame that poses must be in"),
    Setting(
        "placement_rotation",
        (),
        "Quaternion x y z w that turns the skills' axes into the base frame's, for skills of a "
        "plane; none for no turn",
        size=4,
    ),
    Setting("state_timeout", 0.3, "Age from which a state is stale", "s", 0.02, 10.0, live=True),
    Setting(
        "start_distance",
        NAMING["start_distance"],
        "Distance from rest that counts as a motion, and within which the arm is at rest",
        "m",
        1e-3,
        1.0,
        live=True,
    ),
    Setting(
        "rest_time",
        NAMING["rest_time"],
        "Time at rest that begins and ends a motion",
        "s",
        0.1,
        10.0,
        live=True,
    ),
    Setting(
        "confidence",
        NAMING["confidence"],
        "Least probability of a skill that is named",
        "",
        0.0,
        1.0,
        live=True,
    ),
    Setting(
        "agreement",
        NAMING["agreement"],
        "Time for which a skill has to keep that probability until it is named",
        "s",
        0.0,
        10.0,
        live=True,
    ),
    Setting("skills", (), "Skills that select a policy, each for the file of the same place"),
    Setting("policy_files", (), "Policies that they select, as the policy node knows their paths"),
    Setting("policy_node", "policy_node", "Node that a selected policy is served by"),
    Setting(
        "autostart",
        False,
        "Configure and activate by itself; a failure ends the process with status 2",
    ),
)
