"""A policy file's own methods in float64, and their derivatives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from ..formats import LoadedPolicy
from ..metadata import PolicyMetadata
from ..rollout import STEPS_PER_DURATION, runge_kutta_step

Map = Callable[[Tensor], Tensor]


class ExactPolicy:
    """The module of a policy file, cast to float64; nothing is rebuilt.

    ``latent_goal`` [1, d] is the zero of `latent_velocity`, found from ``phi(goal)`` by
    Newton's method: rounded to float32, as the file stores it, it is not quite ``phi(goal)``.

    Parameters
    ----------
    policy : from a file; it is left as it is.
    lengths : make all coordinates lengths: of poses, whose rotations are in rad, the last three
        are multiplied by the file's characteristic length. ``unit`` [d] holds the factors,
        ``facts`` the metadata with goal, workspace and starts in this form.
    """

    def __init__(self, policy: LoadedPolicy, lengths: bool = False) -> None:
        self.module = copy.deepcopy(policy.module).double()
        self.dimension = policy.dimension
        self.duration = policy.metadata.duration
        self.unit = torch.ones(self.dimension, dtype=torch.float64)
        if lengths and policy.metadata.orientation is not None:
            self.unit[3:] = policy.metadata.orientation.length
        self.facts = _in_lengths(policy.metadata, self.unit)
        self.latent_velocity: Map = self.module.latent_velocity
        # Where the file has it, should it have been moved since.
        self.module.set_goal(torch.tensor(policy.metadata.goal, dtype=torch.float64))
        self.goal: Tensor = self.module.get_goal().detach().view(1, -1) * self.unit
        self.latent_goal = self._latent_goal()

    def encode(self, x: Tensor) -> Tensor:
        """Return latent points [N, d] of positions [N, d]."""
        return self.module.encode(x / self.unit)

    def decode(self, z: Tensor) -> Tensor:
        """Return positions [N, d] of latent points [N, d]."""
        return self.module.decode(z) * self.unit

    def velocity(self, x: Tensor) -> Tensor:
        """Return velocities [N, d] at positions [N, d]."""
        return self.module(x / self.unit) * self.unit

    def _latent_goal(self) -> Tensor:
        z = self.encode(self.goal).detach()
        for _ in range(3):
            slope = jacobian(self.latent_velocity, z)[0]
            step, _ = torch.linalg.solve_ex(slope, self.latent_velocity(z).detach()[0])
            z = z - step
        return z

    @torch.no_grad()
    def latent_rollout(self, z: Tensor, duration: float, samples: int) -> Tensor:
        """Return trajectories [samples * N, d] from ``z`` [N, d], sampled over ``duration`` s."""
        steps = max(1, int(STEPS_PER_DURATION * duration / self.duration / samples))
        trail = []
        for _ in range(samples):
            for _ in range(steps):
                z = runge_kutta_step(self.module, z, duration / (samples * steps))
            trail.append(z)
        return torch.cat(trail)


def _in_lengths(facts: PolicyMetadata, unit: Tensor) -> PolicyMetadata:
    def scaled(points: object) -> list[float]:
        values: list[float] = (torch.tensor(points, dtype=torch.float64) * unit).tolist()
        return values

    lower, upper = facts.workspace
    return replace(
        facts,
        goal=scaled(facts.goal),
        workspace=(scaled(lower), scaled(upper)),
        starts=[scaled(start) for start in facts.starts],
    )


def jacobian(function: Map, x: Tensor) -> Tensor:
    """Return the derivatives [N, d, d] of a map of points [N, d], each point's value its own."""
    x = x.detach().requires_grad_(True)
    y = function(x)
    rows = [
        torch.autograd.grad(y[:, index].sum(), x, retain_graph=True)[0]
        for index in range(y.shape[1])
    ]
    return torch.stack(rows, dim=1)


def times(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Return the products [N, d] of matrices [N, d, d] and vectors [N, d]."""
    return (matrices @ vectors.unsqueeze(-1)).squeeze(-1)
