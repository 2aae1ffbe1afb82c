"""Soft k-means: the attention of weights to centroids, the update, and its fixed point.

Weights are sub-vectors ``w`` [m, d], centroids ``c`` [k, d], the temperature ``tau`` is the square
of a length. With ``a_ij = softmax_j(-|w_i - c_j|^2 / tau)``::

    F(c, w)_j = sum_i a_ij w_i / sum_i a_ij,    c* = F(c*, w),    r(w, c)_i = sum_j a_ij c_j

``r`` are the soft weights (Cho et al. 2022, DKM; Jaffe, Singh and Bullo 2023, IDKM). ``F`` is a
step of expectation maximisation for a mixture of Gaussians of variance ``tau / 2``, hence it
converges.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

#: Entries of ``a`` that are held at a time where no graph is recorded; they fit into a cache.
AT_A_TIME = 1 << 17
#: Weights that the first centroids are drawn from, and steps of k-means that they then take.
DRAWN_FROM, FIRST_STEPS = 1 << 14, 20


@dataclass(frozen=True)
class Solution:
    """Centroids and how far from the fixed point they are.

    Parameters
    ----------
    centroids : [k, d].
    iterations : evaluations of ``F`` that it took.
    residual : largest ``|F(c) - c|`` of an entry in the last one, in units of ``sqrt(tau)``.
    """

    centroids: Tensor
    iterations: int
    residual: float


def attention(w: Tensor, c: Tensor, tau: float) -> Tensor:
    """Compute ``a`` [m, k]. The square of ``w`` is left out: it is the same for every centroid."""
    logits = torch.addmm((c * c).sum(dim=1) / -tau, w, c.t() * (2 / tau))
    return torch.softmax(logits, dim=1)


def update(w: Tensor, c: Tensor, tau: float) -> Tensor:
    """Compute ``F(c, w)`` [k, d], all at once: autograd can record it."""
    a = attention(w, c, tau)
    return _means(a.t() @ w, a.sum(dim=0), c)[0]


def soft_weights(w: Tensor, c: Tensor, tau: float) -> Tensor:
    """Compute ``r(w, c)`` [m, d], all at once: autograd can record it."""
    return attention(w, c, tau) @ c


@torch.no_grad()
def update_in_parts(w: Tensor, c: Tensor, tau: float) -> tuple[Tensor, Tensor]:
    """Compute ``F(c, w)`` [k, d] and ``1 / sum_i a_ij`` [k], in constant memory."""
    total, mass = torch.zeros_like(c), torch.zeros_like(c[:, 0])
    for rows in parts(w, len(c)):
        a = attention(rows, c, tau)
        total += a.t() @ rows
        mass += a.sum(dim=0)
    return _means(total, mass, c)


@torch.no_grad()
def solve(w: Tensor, c: Tensor, tau: float, *, iterations: int, tolerance: float) -> Solution:
    """Iterate ``F`` from ``c`` until no entry moves by more than ``tolerance sqrt(tau)``."""
    residual, done = math.inf, 0
    while done < iterations and residual > tolerance:
        before = c
        c = update_in_parts(w, before, tau)[0]
        residual = float((c - before).abs().max()) / math.sqrt(tau)
        done += 1
    return Solution(c, done, residual)


@torch.no_grad()
def first_centroids(w: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """Choose ``k`` centroids: k-means++ (Arthur and Vassilvitskii 2007), then k-means."""
    if len(w) > DRAWN_FROM:
        w = w[torch.randint(len(w), (DRAWN_FROM,), generator=generator)]
    c = w[torch.randint(len(w), (1,), generator=generator)]
    nearest = ((w - c) ** 2).sum(dim=1)
    while len(c) < k:
        # Fewer distinct weights than centroids: some centroids coincide.
        odds = nearest if float(nearest.sum()) > 0 else torch.ones_like(nearest)
        chosen = w[torch.multinomial(odds, 1, generator=generator)]
        c = torch.cat([c, chosen])
        nearest = torch.minimum(nearest, ((w - chosen) ** 2).sum(dim=1))
    for _ in range(FIRST_STEPS):
        a = torch.nn.functional.one_hot(nearest_centroid(w, c), k).to(w)
        c = _means(a.t() @ w, a.sum(dim=0), c)[0]
    return c


@torch.no_grad()
def nearest_centroid(w: Tensor, c: Tensor) -> Tensor:
    """Return the index [m] of the centroid next to each of ``w``."""
    half = (c * c).sum(dim=1) / 2
    found = [(half - rows @ c.t()).argmin(dim=1) for rows in parts(w, len(c))]
    return torch.cat(found) if found else torch.zeros(0, dtype=torch.long)


def parts(w: Tensor, k: int) -> Iterator[Tensor]:
    """Cut ``w`` [m, d] into runs of rows; ``a`` of one has at most `AT_A_TIME` entries."""
    return iter(w.split(max(1, AT_A_TIME // k)))


def _means(total: Tensor, mass: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the means [k, d] and the reciprocal masses [k]; without mass a centroid stays."""
    alive = mass > torch.finfo(mass.dtype).tiny
    share = alive / torch.where(alive, mass, torch.ones_like(mass))
    return torch.where(alive[:, None], total * share[:, None], c), share
