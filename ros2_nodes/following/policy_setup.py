"""From a policy file and parameters to a follower; every complaint is one line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch

import elcd_policy as elcd
from elcd_policy import LoadedPolicy
from elcd_policy.errors import ParameterError
from elcd_policy.robot.orientation import unit_quaternion
from elcd_policy.robot.policy_coordinates import check_coordinates
from elcd_policy.robot.safety import Limits
from elcd_policy.robot.task_space import goal_orientation

from .follower import Follower, demonstrated_box, resolve_placement
from .pose_follower import PoseFollower


class Values(Protocol):
    """Parameter values by name."""

    def __getitem__(self, name: str) -> Any: ...


def load(path: str, trust_code: bool = False) -> LoadedPolicy:
    """Return the policy in a file, on one thread: more only add jitter to a small field.

    Parameters
    ----------
    trust_code : run the code of a file that can't be rebuilt, see `elcd_policy.load`.

    Raises
    ------
    ElcdError
        If no file is named, or it is no usable policy of an end effector's position.
    """
    if not path:
        raise ParameterError(
            "no policy file",
            got="policy_file ''",
            expected="the path of an exported policy",
            advice="train one with: elcd train SOURCE -o policy.pt",
        )
    torch.set_num_threads(1)
    return elcd.load(path, trust_code=trust_code)


def follower_for(policy: LoadedPolicy, p: Values) -> Follower:
    """Return the follower of a policy under the node's parameters.

    Raises
    ------
    ParameterError
        If the policy has no place, or a limit is no limit.
    """
    facts = policy.metadata
    check_coordinates(facts, what=f"the policy in {p['policy_file']}")
    placement = resolve_placement(
        facts.placement,
        facts.units,
        min(policy.dimension, 3),
        p["placement_origin"],
        p["placement_rotation"],
        p["placement_metres_per_unit"],
    )
    corners = [corner[:3] for corner in facts.workspace]
    lower, upper = demonstrated_box(placement, corners, p["workspace_margin"])
    known = demonstrated_box(placement, corners, p["demonstrated_margin"])
    lower = np.array(p["workspace_lower"] or lower)
    lower[2] = max(lower[2], p["floor"])
    limits = Limits(
        **_live_limits(p),
        lower=lower,
        upper=np.array(p["workspace_upper"] or upper),
        keep_out=np.array(p["keep_out"], dtype=np.float64).reshape(-1, 2, 3),
        known_lower=known[0],
        known_upper=known[1],
    )
    common: dict[str, Any] = {
        "policy": policy,
        "placement": placement,
        "limits": limits,
        "base_frame": p["base_frame"],
        "goal_tolerance": p["goal_tolerance"],
        "speed_scale": p["speed_scale"],
    }
    held = unit_quaternion(p["hold_orientation"]) if p["hold_orientation"] else None
    goal = goal_orientation(facts, placement)
    if goal is None or facts.orientation is None:
        return Follower(
            **common,
            dimension=policy.dimension,
            hold_gain=p["hold_gain"],
            hold_gain_angular=p["hold_gain_angular"],
            orientation=held,
        )
    return PoseFollower(
        **common,
        orientation=goal if held is None else held,
        goal_tolerance_angular=p["goal_tolerance_angular"],
        margin=facts.orientation.margin,
    )


def retune_limits(limits: Limits, p: Values) -> Limits:
    """Return the limits with the present values of the live parameters, in the same boxes."""
    return replace(limits, **_live_limits(p))


def _live_limits(p: Values) -> dict[str, Any]:
    return {
        "speed": p["max_speed"],
        "angular_speed": p["max_angular_speed"],
        "acceleration": p["max_acceleration"],
        "angular_acceleration": p["max_angular_acceleration"],
        "state_timeout": p["state_timeout"],
        "unknown_scale": p["unknown_speed_scale"],
        "known_reach": p["max_distance"],
    }
