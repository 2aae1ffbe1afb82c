"""Soft k-means as a differentiable layer, with three gradients.

- ``unrolled``: autograd through all t updates (DKM); its memory grows with t.
- ``implicit``: of the fixed point itself (IDKM). With ``J = dF/dc`` and ``g`` the gradient that
  reaches ``c*``, ``lambda = (I - J^T)^-1 g`` and ``w`` receives ``(dF/dw)^T lambda``.
- ``jfb``: ``lambda = g``, the gradient of one update from a ``c*`` held fixed (Jacobian-free
  backpropagation, Fung et al. 2022).

The last two keep ``w`` and ``c`` for the backward pass, nothing that has t or k times their size:
what they need of the attention is computed again, in parts.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import ParameterError
from .soft_kmeans import Solution, attention, parts, soft_weights, solve, update, update_in_parts

GRADIENTS = ("implicit", "jfb", "unrolled")


def fixed_point(
    w: Tensor, c: Tensor, tau: float, *, gradient: str, iterations: int, tolerance: float
) -> Solution:
    """Solve for the centroids ``c*`` of ``w``, differentiable with respect to ``w``.

    Parameters
    ----------
    w : [m, d].
    c : [k, d], where the iteration starts; no gradient flows into it.
    tau : temperature.
    gradient : of `GRADIENTS`.
    iterations : updates at most; ``unrolled`` takes them all.
    tolerance : of the residual, see `solve`.

    Raises
    ------
    ParameterError
        For an unknown gradient, or less than one iteration.
    """
    if gradient not in GRADIENTS or iterations < 1:
        raise ParameterError(
            "soft k-means can't be differentiated like this",
            got=f"{gradient!r}, {iterations} iterations",
            expected=f"{', '.join(GRADIENTS)}; at least 1 iteration",
        )
    c = c.detach()
    if gradient == "unrolled":
        before = after = c
        for _ in range(iterations):
            before, after = after, update(w, after, tau)
        done = iterations
    else:
        solution = solve(w, c, tau, iterations=iterations - 1, tolerance=tolerance)
        before, done = solution.centroids, solution.iterations + 1
        after = _LastUpdate.apply(w, before, tau, gradient == "implicit")
    moved = float((after - before).detach().abs().max()) / tau**0.5
    return Solution(after, done, moved)


def assign(w: Tensor, c: Tensor, tau: float, *, gradient: str) -> Tensor:
    """Compute the soft weights ``r(w, c)`` [m, d], differentiable with respect to both."""
    if gradient == "unrolled":
        return soft_weights(w, c, tau)
    soft: Tensor = _Assignment.apply(w, c, tau)
    return soft


def update_jacobian(w: Tensor, c: Tensor, tau: float, mean: Tensor, share: Tensor) -> Tensor:
    """Compute ``J = dF/dc`` [k d, k d] at ``c``, row by row of ``F``.

    ``J_jl = 2 / (tau N_j) sum_i a_ij (delta_jl - a_il) (w_i - F_j) (w_i - c_l)^T``

    Parameters
    ----------
    mean, share : ``F(c, w)`` [k, d] and ``1 / N`` [k].
    """
    k, d = c.shape
    jacobian = c.new_zeros(k, d, k, d)
    diagonal = torch.arange(k)
    for rows in parts(w, k * d):
        a = attention(rows, c, tau).unsqueeze(2)
        from_mean = a * (rows.unsqueeze(1) - mean)
        from_centroid = rows.unsqueeze(1) - c
        jacobian[diagonal, :, diagonal, :] += torch.einsum("mka,mkb->kab", from_mean, from_centroid)
        weighted = (a * from_centroid).flatten(1)
        jacobian -= (from_mean.flatten(1).t() @ weighted).view(k, d, k, d)
    return (2 / tau * share.view(k, 1, 1, 1) * jacobian).view(k * d, k * d)


class _LastUpdate(torch.autograd.Function):
    """``F(c, w)`` [k, d], whose gradient is that of the fixed point which ``c`` is taken for."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, c: Tensor, tau: float, implicit: bool) -> Tensor:
        mean, share = update_in_parts(w, c, tau)
        ctx.save_for_backward(w, c, mean, share)
        ctx.tau, ctx.implicit = tau, implicit
        return mean

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        w, c, mean, share = ctx.saved_tensors
        if ctx.implicit:
            jacobian = update_jacobian(w, c, ctx.tau, mean, share).double()
            system = torch.eye(len(jacobian), dtype=torch.float64) - jacobian.t()
            g = torch.linalg.solve(system, g.double().flatten()).view_as(g).to(g)
        pull = g * share[:, None]
        at_mean = (pull * mean).sum(dim=1)
        found = []
        for rows in parts(w, len(c)):
            a = attention(rows, c, ctx.tau)
            logits = _through_softmax(a, rows @ pull.t() - at_mean)
            found.append(a @ pull + logits @ c * (2 / ctx.tau))
        return torch.cat(found), None, None, None


class _Assignment(torch.autograd.Function):
    """``r(w, c)`` [m, d]."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, c: Tensor, tau: float) -> Tensor:
        ctx.save_for_backward(w, c)
        ctx.tau = tau
        return torch.cat([attention(rows, c, tau) @ c for rows in parts(w, len(c))])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        w, c = ctx.saved_tensors
        to_weights, to_centroids = [], torch.zeros_like(c)
        for rows, pull in zip(parts(w, len(c)), parts(g, len(c)), strict=True):
            a = attention(rows, c, ctx.tau)
            logits = _through_softmax(a, pull @ c.t()) * (2 / ctx.tau)
            to_weights.append(logits @ c)
            to_centroids += a.t() @ pull + logits.t() @ rows - logits.sum(dim=0)[:, None] * c
        return torch.cat(to_weights), to_centroids, None


def _through_softmax(a: Tensor, g: Tensor) -> Tensor:
    """Return the gradient [m, k] of logits from that of their softmax ``a``."""
    return a * (g - (a * g).sum(dim=1, keepdim=True))
