"""Bounds in data space that contraction in latent space gives: radii, factors, reach."""

from __future__ import annotations

import torch
from torch import Tensor

from .checks import Sample
from .exact import ExactPolicy, Map, jacobian, times
from .points import LARGER
from .types import Bounds

ASCENT_STEPS = 40
ASCENDING = 64


def data_bounds(
    exact: ExactPolicy, starts: Tensor, rollouts: Tensor, ball: Sample, rate: float
) -> Bounds:
    """Return the bounds for motions from ``starts`` [n, d].

    Parameters
    ----------
    rollouts : [m, d] positions on the motions from the starts.
    ball : samples in the latent ball of `LARGER` times the radius that holds the starts.
    rate : c in 1/s.
    """
    with torch.no_grad():
        e0 = exact.encode(starts) - exact.latent_goal
        speed0 = float(exact.velocity(starts).norm(dim=1).max())
        rest = exact.decode(exact.latent_goal)
    radius = float(e0.norm(dim=1).max())
    inner = ball.e.norm(dim=1) <= radius * (1 + 1e-9)

    def distance(e: Tensor) -> Tensor:
        return (exact.decode(exact.latent_goal + e) - rest).norm(dim=1)

    def secant(e: Tensor) -> Tensor:
        return distance(e) / e.norm(dim=1)

    candidates = torch.cat([e0, ball.e[inner]])
    farthest = maximum(distance, candidates, radius)
    widest = maximum(secant, candidates[candidates.norm(dim=1) > 1e-6 * radius], radius)
    stretch = torch.linalg.matrix_norm(ball.jacobian, ord=2)
    start = (starts - rest).norm(dim=1)
    moving = start > 1e-9 * start.max()
    slope = jacobian(exact.velocity, ball.x)
    larger_stretch = float(stretch.max())
    inner_stretch = float(stretch[inner].max())
    around = torch.cat([rollouts, ball.x[inner]]) / exact.unit
    return Bounds(
        radius=radius,
        start=float(start.max()),
        farthest=farthest,
        overshoot=farthest - float(start.max()),
        factor=widest * float((e0.norm(dim=1)[moving] / start[moving]).max()),
        rollouts=float((rollouts - rest).norm(dim=1).max()),
        reach=(around.amin(dim=0).tolist(), around.amax(dim=0).tolist()),
        speed=float(ball.velocity[inner].norm(dim=1).max()),
        goal_lag=widest * inner_stretch / rate,
        slow_goal_lag=float(torch.linalg.cond(jacobian(exact.encode, rest))[0]) / rate,
        goal_speed=rate * radius / inner_stretch,
        acceleration=float(times(slope, ball.velocity).norm(dim=1).max())
        + float(torch.linalg.matrix_norm(slope, ord=2).max()) * speed0
        + larger_stretch * speed0**2 / (2 * (LARGER - 1) * radius),
        accelerating=2 * (LARGER - 1) * radius / (larger_stretch * speed0),
        farthest_accelerating=maximum(distance, ball.e, LARGER * radius),
    )


def maximum(function: Map, candidates: Tensor, radius: float) -> float:
    """Return the largest ``function`` [N] in the ball, climbing from the best candidates [N, d]."""
    with torch.no_grad():
        values = function(candidates)
    best = float(values.max())
    e = candidates[values.topk(min(ASCENDING, len(values))).indices]
    for step in range(ASCENT_STEPS):
        e = e.detach().requires_grad_(True)
        values = function(e)
        best = max(best, float(values.detach().max()))
        slope = torch.autograd.grad(values.sum(), e)[0]
        slope = slope / slope.norm(dim=1, keepdim=True).clamp(min=1e-300)
        e = e.detach() + 0.1 * radius * 0.85**step * slope
        e = e * (radius / e.norm(dim=1, keepdim=True)).clamp(max=1.0)
    return best
