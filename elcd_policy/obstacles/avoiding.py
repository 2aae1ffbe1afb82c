"""A learned policy that keeps clear of obstacles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from ..errors import ParameterError
from ..formats.policy_file import LoadedPolicy, compiled
from .diffeomorphism import ObstacleMap
from .shapes import Obstacle, ObstacleSet

KIND = "convergence from almost every start"
ESCAPE = 20.0
"""Rate at which a point that was pushed inside comes out, per demonstrated duration."""


class AvoidingPolicy(nn.Module):
    """A policy's field F, pulled back through the obstacles' map: ``h Dpsi^-1 F(psi(x))``.

    It offers what every policy does. Its latent space is the learned one: with
    ``z = phi(psi(x))`` it is ``zdot = h f(z)``, the learned latent field, slowed down.

    Parameters
    ----------
    policy : the module of a policy file.
    obstacles : see `ObstacleMap`.
    """

    def __init__(self, policy: torch.jit.ScriptModule, obstacles: ObstacleMap) -> None:
        super().__init__()
        self.policy = policy
        self.escape = ESCAPE
        self.time_scale: Tensor
        self.register_buffer("time_scale", policy.time_scale.clone())
        self.obstacles = obstacles.to(self.time_scale.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Velocity [N, d] in units per s at positions ``x`` [N, d], N >= 0."""
        goal = self.policy.get_goal()
        x = x.to(goal.dtype)
        v = self.policy.forward(self.obstacles.encode(x, goal))
        return self.obstacles.pull_back(x, v, goal, self.escape / self.time_scale)

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        """Positions [N, d] to latent points ``phi(psi(x))`` [N, d]."""
        goal = self.policy.get_goal()
        return self.policy.encode(self.obstacles.encode(x.to(goal.dtype), goal))

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        """Latent points [N, d] to positions [N, d] outside all obstacles."""
        return self.obstacles.decode(self.policy.decode(z), self.policy.get_goal())

    @torch.jit.export
    def latent_velocity(self, z: Tensor) -> Tensor:
        """Velocity [N, d] per s of latent points ``z`` [N, d]."""
        slowness = self.obstacles.slowness(self.policy.decode(z), self.policy.get_goal())
        return self.policy.latent_velocity(z) * slowness

    @torch.jit.export
    def set_goal(self, goal: Tensor) -> None:
        """Move the goal to ``goal`` [d]; the learned field moves, the obstacles do not."""
        if bool(self.obstacles.hold(goal.to(self.time_scale.dtype).view(-1)).any()):
            raise ValueError("the goal is inside an obstacle or its margin")
        self.policy.set_goal(goal)

    @torch.jit.export
    def get_goal(self) -> Tensor:
        """The goal [d]."""
        return self.policy.get_goal()


def avoid(
    policy: LoadedPolicy, obstacles: Sequence[Obstacle] | ObstacleSet, margin: float = 0.0
) -> LoadedPolicy:
    """Return the policy, kept clear of obstacles; nothing is learned again.

    Outside the obstacles its trajectories are those of ``policy``, bent: they come to the goal
    from every start but those on one trajectory for each obstacle, which ends on its surface. No
    trajectory enters an obstacle, wherever the goal is moved. See docs/obstacles.md.

    Parameters
    ----------
    policy : from a file; it is left as it is.
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
    return compiled(AvoidingPolicy(policy.module, bodies), facts)
