"""Points at which a policy is checked: the workspace, around it, its own motions, near the goal."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ..metadata import PolicyMetadata
from .exact import ExactPolicy

#: A file knows where the demonstrations start; its motions from there stand for the rest of them.
MOTIONS = "on motions from the demonstrated starts"
MARGIN = 0.15  # of the workspace's extent, each side
GRID = 1024  # points, about
RANDOM = 512
ROLLOUT_SAMPLES = 512  # of all rollouts together, about
DIRECTIONS = 256
#: Radii of the sampled latent balls, in units of that which holds the demonstrated starts.
LARGER = 1.25
RADII = (1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.125, LARGER)


def workspace_points(facts: PolicyMetadata, generator: torch.Generator) -> dict[str, Tensor]:
    """Return positions [n, d] of two regions: the workspace with a margin, and thrice its extent.

    Up to three dimensions the first is a grid; above, a grid would be all corners, and its
    points are random too.
    """
    lower, upper = (torch.tensor(corner, dtype=torch.float64) for corner in facts.workspace)
    extent = upper - lower
    # A motion along one axis has no extent on the others.
    extent = torch.maximum(extent, 0.1 * extent.max())
    centre = (lower + upper) / 2
    if facts.dimension <= 3:
        side = round(GRID ** (1 / facts.dimension))
        axis = torch.linspace(-0.5 - MARGIN, 0.5 + MARGIN, side, dtype=torch.float64)
        near = torch.cartesian_prod(*[axis] * facts.dimension).view(-1, facts.dimension)
    else:
        near = _uniform(GRID, facts.dimension, generator) * (1 + 2 * MARGIN)
    far = _uniform(RANDOM, facts.dimension, generator) * 3.0
    return {"workspace": centre + extent * near, "around it": centre + extent * far}


def demonstrated_points(exact: ExactPolicy, starts: Tensor) -> Tensor:
    """Return demonstrated starts [n, d] and samples [m, d] of rollouts from them, twice as long."""
    samples = max(4, ROLLOUT_SAMPLES // len(starts))
    with torch.no_grad():
        trail = exact.latent_rollout(exact.encode(starts), 2 * exact.duration, samples)
        return torch.cat([starts, exact.decode(trail)])


def ball_offsets(dimension: int, generator: torch.Generator) -> Tensor:
    """Return the offsets [m, d] on spheres of the radii `RADII` around the origin."""
    if dimension == 1:
        directions = torch.tensor([[-1.0], [1.0]], dtype=torch.float64)
    elif dimension == 2:
        angle = torch.arange(DIRECTIONS, dtype=torch.float64) * (2 * math.pi / DIRECTIONS)
        directions = torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    else:
        directions = torch.randn(DIRECTIONS, dimension, generator=generator, dtype=torch.float64)
        directions = directions / directions.norm(dim=1, keepdim=True)
    return torch.cat([radius * directions for radius in RADII])


def make_generator(seed: int = 0) -> torch.Generator:
    """Return a generator of its own: the same file is checked at the same points every time."""
    return torch.Generator().manual_seed(seed)


def workspace_size(facts: PolicyMetadata) -> float:
    """Return the diagonal of the demonstrated workspace, in the policy's units."""
    lower, upper = (np.array(corner) for corner in facts.workspace)
    return float(np.linalg.norm(upper - lower))


def _uniform(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    return torch.rand(count, dimension, generator=generator, dtype=torch.float64) - 0.5
