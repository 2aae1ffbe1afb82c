"""One check says whether a robot can follow what a policy's coordinates are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from elcd_policy.errors import ParameterError
from elcd_policy.robot.policy_coordinates import check_coordinates, moves_joints

ARM = ("shoulder_pan_joint", "shoulder_lift_joint", "elbow_joint")


def facts(names: str, units: str, orientation: Any = None) -> SimpleNamespace:
    words = names.split()
    return SimpleNamespace(
        dimension=len(words),
        names=words,
        units=units.split()[0],
        coordinate_units=units.split() if " " in units else [units] * len(words),
        orientation=orientation,
    )


POSE = facts("x y z rx ry rz", "m m m rad rad rad", [0, 0, 0, 1])


@pytest.mark.parametrize(
    "policy", [facts("x", "mm"), facts("x y", "px"), facts("x y z", "m"), POSE]
)
def test_positions_and_poses_fit_the_tool_centre_point(policy: SimpleNamespace) -> None:
    assert check_coordinates(policy) == list(range(policy.dimension))
    assert not moves_joints(policy)


def test_joints_are_matched_by_name() -> None:
    policy = facts("elbow_joint shoulder_lift_joint shoulder_pan_joint", "rad")
    assert moves_joints(policy)
    assert check_coordinates(policy, ARM) == [2, 1, 0]


@pytest.mark.parametrize("names", ["x y z", "x0 x1 x2"])
def test_joints_that_nobody_named_are_taken_in_their_order(names: str) -> None:
    policy = facts(names, "rad")
    assert check_coordinates(policy, ARM) == [0, 1, 2]
    policy.names, policy.coordinate_units = [], []  # as files of earlier versions say
    assert check_coordinates(policy, ARM) == [0, 1, 2]


@pytest.mark.parametrize(
    ("policy", "joints"),
    [
        (facts("x y z vx vy vz", "m m m m/s m/s m/s"), ()),
        (facts("x0 x1 x2 x3 x4 x5", "m"), ()),
        (facts("elbow_joint wrist_joint", "rad"), ()),
        (facts("x y z", "m"), ARM),
        (facts("elbow_joint wrist_joint", "rad"), ARM),
        (facts("elbow_joint wrist_joint base_joint", "rad"), ARM),
        (facts("elbow_joint shoulder_lift_joint gripper", "rad rad %"), ARM),
    ],
)
def test_what_is_neither_is_refused(policy: SimpleNamespace, joints: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError, match=f"does not fit the robot: got {policy.dimension} co"):
        check_coordinates(policy, joints)
