"""A learned policy that keeps clear of obstacles."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from .errors import ParameterError
from .formats.loaded_policy import LoadedPolicy, serve_policy
from .obstacles import KIND, AvoidingPolicy, Obstacle, ObstacleMap, ObstacleSet
from .policy import MotionPolicy


def avoid(
    policy: MotionPolicy | LoadedPolicy,
    obstacles: Sequence[Obstacle] | ObstacleSet,
    margin: float = 0.0,
) -> LoadedPolicy:
    """Return the policy, kept clear of obstacles; nothing is learned again.

    Outside the obstacles its trajectories are those of ``policy``, bent: they come to the goal
    from every start but those on one trajectory for each obstacle, which ends on its surface. No
    trajectory enters an obstacle, wherever the goal is moved. See docs/obstacles.md.

    Parameters
    ----------
    policy : from `fit` or `load`; it is left as it is.
    obstacles : disjoint bodies in the policy's coordinates, which concern its first 2 or 3; or
        what `load_obstacles` returns, with its margin.
    margin : distance that is kept from them, in the policy's units.

    Returns
    -------
    A policy like any from a file; `elcd_policy.save` writes it as one.

    Raises
    ------
    ParameterError
        If the obstacles do not fit the policy or each other, or one holds the goal.
    """
    if isinstance(policy, MotionPolicy):
        policy = serve_policy(policy, policy.metadata)
    if isinstance(obstacles, ObstacleSet):
        obstacles, margin = obstacles
    if "obstacles" in policy.metadata.guarantee:
        raise ParameterError(
            "the policy has obstacles already",
            expected="a policy as it was trained",
            advice="give all obstacles at once",
        )
    bodies = ObstacleMap(obstacles, margin, policy.dimension)
    goal = policy.get_goal()
    inside = bodies.hold(torch.tensor(goal))
    if bool(inside.any()):
        index = int(inside.int().argmax())
        raise ParameterError(
            "the goal is inside an obstacle or its margin",
            got=f"goal {goal.tolist()}, obstacle {index + 1} at "
            f"{obstacles[index].centre.tolist()}, margin {margin:g}",
            expected="a goal outside all obstacles",
        )
    guarantee = {
        **policy.metadata.guarantee,
        "kind": KIND,
        "learned_kind": policy.metadata.guarantee.get("kind"),
        "obstacles": [obstacle.to_dict() for obstacle in obstacles],
        "margin": float(margin),
    }
    facts = replace(policy.metadata, goal=goal.tolist(), guarantee=guarantee, certificate=None)
    module = AvoidingPolicy(_movable(policy), bodies)
    return serve_policy(module, facts)


def _movable(policy: LoadedPolicy) -> torch.nn.Module:
    """Return a copy of a policy's module with the goal where it is now."""
    if policy.rebuilt is None:
        return copy.deepcopy(policy.module)
    module: Any = copy.deepcopy(policy.rebuilt)
    module.set_goal(torch.tensor(policy.get_goal()))
    return module
