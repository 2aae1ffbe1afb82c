"""Check of a policy's coordinates: whether a robot can follow them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..errors import ParameterError
from .orientation import POSE_DIMENSION
from .units import RADIANS

DEFAULT_NAMES = ("x", "y", "z")


class Described(Protocol):
    """A policy file's metadata, or a demonstration set."""

    @property
    def dimension(self) -> int:
        """Return the number of coordinates d."""

    @property
    def units(self) -> str:
        """Return the unit of the positions."""

    @property
    def orientation(self) -> Any:
        """Return the reference of poses, None for others."""

    @property
    def names(self) -> Sequence[str]:
        """[d], what the coordinates are called; empty if nobody said."""

    @property
    def coordinate_units(self) -> Sequence[str]:
        """[d], the unit of each; empty if nobody said."""


def moves_joints(policy: Described) -> bool:
    """Return whether a policy's coordinates are angles of joints."""
    units = list(policy.coordinate_units) or [policy.units]
    return policy.orientation is None and any(unit in RADIANS for unit in units)


def check_coordinates(policy: Described, joints: Sequence[str] = (), what: str = "") -> list[int]:
    """Return, for each coordinate of a policy, which coordinate of the robot's it is.

    The simulator, the demo and the node all ask this before anything moves. Without ``joints`` the
    robot's coordinates are the position of its tool centre point, then its orientation; with
    them, the joints in this order, which a policy's joints are matched with by name.

    Parameters
    ----------
    policy : its metadata, or the demonstrations to learn it from.
    joints : of the arm that moves in joint space.
    what : what errors call the policy.

    Raises
    ------
    ParameterError
        If they are no position, pose or joints of the robot: velocities beside positions, units
        that differ, other joints.
    """
    what = what or "the policy"
    d, names = policy.dimension, list(policy.names)
    units = list(policy.coordinate_units) or [policy.units] * d
    if policy.orientation is not None and not joints:
        if d != POSE_DIMENSION or len(set(units[:3])) > 1:
            raise _unfit(what, policy, "a pose: three lengths and a rotation vector")
        return list(range(d))
    if len(set(units)) > 1:
        raise _unfit(what, policy, "coordinates in one unit")
    if not joints:
        if d > len(DEFAULT_NAMES) or moves_joints(policy):
            raise _unfit(what, policy, "1, 2 or 3 for a position of the TCP, 6 for a pose")
        return list(range(d))
    if d != len(joints) or not moves_joints(policy):
        raise _unfit(what, policy, f"{len(joints)} joints in rad: {', '.join(joints)}")
    if not _are_named(names):
        return list(range(d))
    bare = [name.removesuffix(".pos") for name in names]
    if sorted(bare) != sorted(joints):
        raise _unfit(what, policy, f"the arm's joints {', '.join(joints)}")
    return [list(joints).index(name) for name in bare]


def _are_named(names: list[str]) -> bool:
    """Return whether somebody said what the coordinates are called."""
    by_default = [f"x{i}" for i in range(len(names))]
    return bool(names) and names not in (by_default, list(DEFAULT_NAMES[: len(names)]))


def _unfit(what: str, policy: Described, expected: str) -> ParameterError:
    units = list(policy.coordinate_units) or [policy.units]
    said = ", ".join(dict.fromkeys(units))
    names = f" ({', '.join(policy.names)})" if policy.names else ""
    return ParameterError(
        f"{what} does not fit the robot",
        got=f"{policy.dimension} coordinates{names} in {said}",
        expected=expected,
        advice="train on positions or poses of the TCP, or on all joints of the arm",
    )
