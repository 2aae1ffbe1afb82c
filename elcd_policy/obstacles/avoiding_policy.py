"""The module of a policy that keeps clear of obstacles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .diffeomorphism import ObstacleMap

KIND = "convergence from almost every start"
ESCAPE = 20.0
"""Rate at which a point that was pushed inside comes out, per demonstrated duration."""


class AvoidingPolicy(nn.Module):
    """A policy's field F, pulled back through the obstacles' map: ``h Dpsi^-1 F(psi(x))``.

    It offers what every policy does. Its latent space is the learned one: with
    ``z = phi(psi(x))`` it is ``zdot = h f(z)``, the learned latent field, slowed down.

    Parameters
    ----------
    policy : a `MotionPolicy`, or a module that offers what it does.
    obstacles : see `ObstacleMap`.
    """

    if TYPE_CHECKING:
        policy: Any

    def __init__(self, policy: Any, obstacles: ObstacleMap) -> None:
        super().__init__()
        self.policy = policy
        self.escape = ESCAPE
        self.time_scale: Tensor
        self.register_buffer("time_scale", policy.time_scale.clone())
        self.obstacles = obstacles.to(self.time_scale.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return the velocity [N, d] in units per s at positions ``x`` [N, d], N >= 0."""
        goal = self.policy.get_goal()
        x = x.to(goal.dtype)
        v = self.policy.forward(self.obstacles.encode(x, goal))
        return self.obstacles.pull_back(x, v, goal, self.escape / self.time_scale)

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        """Map positions [N, d] to latent points ``phi(psi(x))`` [N, d]."""
        goal = self.policy.get_goal()
        return self.policy.encode(self.obstacles.encode(x.to(goal.dtype), goal))

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        """Map latent points [N, d] to positions [N, d] outside all obstacles."""
        return self.obstacles.decode(self.policy.decode(z), self.policy.get_goal())

    @torch.jit.export
    def latent_velocity(self, z: Tensor) -> Tensor:
        """Return the velocity [N, d] per s of latent points ``z`` [N, d]."""
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
        """Return the goal [d]."""
        return self.policy.get_goal()
