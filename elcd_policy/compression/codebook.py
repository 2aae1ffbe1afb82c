"""A codebook of one or several tensors, and the parametrisation that makes their weights soft."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .gradients import assign, fixed_point
from .soft_kmeans import Solution, first_centroids, nearest_centroid, solve

#: Centroids nearer to each other than this share of the weights' own spread have merged.
MERGED = 0.02


class CollapseWarning(UserWarning):
    """Centroids that should differ have merged into one: the temperature is too high."""


@dataclass(frozen=True)
class Settings:
    """Settings of how the weights of a codebook are clustered.

    Parameters
    ----------
    bits : b, per sub-vector; the codebook has ``k = 2^b`` centroids.
    dim : d, weights in a sub-vector.
    gradient : of `GRADIENTS`.
    temperature : in units of ``k^(-2/d)`` times the weights' variance, see `Codebook`.
    iterations : updates in each forward pass at most (``unrolled``: exactly).
    tolerance : of the residual; see `soft_kmeans.solve`.
    """

    bits: int = 4
    dim: int = 1
    gradient: str = "implicit"
    temperature: float = 2.0
    iterations: int = 30
    tolerance: float = 1e-3


@dataclass(frozen=True)
class Place:
    """The place of a quantised tensor in a model.

    Parameters
    ----------
    module, attribute : the parameter's own.
    name : of the parameter in the whole model.
    scale : root mean square of the weights; centroids are of weights of unit size.
    """

    module: nn.Module
    attribute: str
    name: str
    scale: float

    @property
    def original(self) -> Tensor:
        """Return the parameter behind the soft weights."""
        weights: Tensor = self.module.parametrizations[self.attribute].original  # type: ignore
        return weights


class Codebook:
    """``k`` centroids of the tensors that share them.

    Each tensor is divided by its own scale first. The temperature is ``temperature k^(-2/d)``
    times the mean variance of a coordinate, about the squared distance of a weight from its
    centroid: it neither merges centroids nor makes gradients vanish, whatever the layer's scale.

    Parameters
    ----------
    name : for reports and warnings.
    places : tensors, not yet parametrised.
    settings : how to cluster.
    generator : draws the first centroids.
    """

    def __init__(
        self, name: str, places: list[Place], settings: Settings, generator: torch.Generator
    ) -> None:
        self.name, self.places, self.settings = name, places, settings
        k, d = 2**settings.bits, settings.dim
        tensors = [getattr(place.module, place.attribute).detach() for place in places]
        rows = [_rows(t, p.scale, d) for t, p in zip(tensors, places, strict=True)]
        #: Sub-vectors of each tensor, and weights of all.
        self.counts, self.weights = [len(r) for r in rows], sum(t.numel() for t in tensors)
        w = torch.cat(rows)
        variance = float(w.var(dim=0, correction=0).mean())
        # Weights that are all the same need no temperature, only one above zero.
        self.tau = settings.temperature * k ** (-2 / d) * (variance or 1.0)
        self.state = Solution(first_centroids(w, k, generator), 0, math.inf)
        #: Once assignments are fixed: the centroids [k, d], and the indices of each tensor.
        self.learned: nn.Parameter | None = None
        self.indices: list[Tensor] = []
        self.held: Tensor | None = None
        self.holding = False
        self._warned = False

    @property
    def centroids(self) -> Tensor:
        """Return the centroids [k, d] as they are now."""
        return self.state.centroids if self.learned is None else self.learned.detach()

    def soft(self, number: int, original: Tensor) -> Tensor:
        """Return what stands for ``original``, the tensor ``number``, while the model trains."""
        if self.learned is not None:
            return self._of(self.learned[self.indices[number]], number, original)
        rows = _rows(original, self.places[number].scale, self.settings.dim)
        soft = assign(rows, self._solve(), self.tau, gradient=self.settings.gradient)
        return self._of(soft, number, original)

    @torch.no_grad()
    def hard(self, number: int, original: Tensor) -> Tensor:
        """Return the nearest centroids in place of ``original``, as they will be stored."""
        c = round_to_half(self.centroids).to(original)
        if self.indices:
            index = self.indices[number]
        else:
            rows = _rows(original, self.places[number].scale, self.settings.dim)
            index = nearest_centroid(rows, c)
        return self._of(c[index], number, original)

    @torch.no_grad()
    def fix(self, updates: int) -> None:
        """End the clustering: after ``updates`` more, weights keep the centroid that is nearest.

        From here on the centroids are what is learned, and originals count no more.
        """
        settings, w = self.settings, self._all_rows()
        self.state = solve(
            w, self.centroids.to(w), self.tau, iterations=updates, tolerance=settings.tolerance
        )
        index = nearest_centroid(w, round_to_half(self.centroids).to(w))
        self.indices = list(index.split(self.counts))
        self.learned = nn.Parameter(self.centroids.clone())

    def distinct(self) -> int:
        """Count the centroids that are apart from all others."""
        c = self.centroids
        spread = float(c.var(dim=0, correction=0).mean()) ** 0.5 + self.tau**0.5
        near = torch.cdist(c, c) < MERGED * spread * len(c) ** (-1 / c.shape[1])
        return int((~near.tril(-1).any(dim=1)).sum())

    def _solve(self) -> Tensor:
        """Solve for the centroids ``c*`` [k, d] of the present weights, differentiable."""
        if self.held is not None:
            return self.held
        settings, w = self.settings, self._all_rows()
        solution = fixed_point(
            w,
            self.centroids.to(w),
            self.tau,
            gradient=settings.gradient,
            iterations=settings.iterations,
            tolerance=settings.tolerance,
        )
        self.state = replace(solution, centroids=solution.centroids.detach())
        self._check_collapse(w.detach())
        if self.holding:
            self.held = solution.centroids
        return solution.centroids

    def _all_rows(self) -> Tensor:
        d = self.settings.dim
        return torch.cat([_rows(place.original, place.scale, d) for place in self.places])

    def _of(self, rows: Tensor, number: int, original: Tensor) -> Tensor:
        flat = rows.flatten()[: original.numel()]
        return (flat * self.places[number].scale).view_as(original)

    def _check_collapse(self, w: Tensor) -> None:
        distinct, k = self.distinct(), len(self.centroids)
        if self._warned or distinct > k // 2 or distinct >= len(torch.unique(w, dim=0)):
            return
        self._warned = True
        variance = float(w.var(dim=0, correction=0).mean())
        warnings.warn(
            f"the codebook of {self.name} has collapsed: got {distinct} of {k} centroids that "
            f"differ, at a temperature of {self.tau / variance:.3g} times the weights' variance "
            "(from 2 on all are one); lower the temperature",
            CollapseWarning,
            stacklevel=2,
        )


class SoftWeights(nn.Module):
    """The parametrisation of one tensor: soft in training, the nearest centroids in evaluation."""

    def __init__(self, codebook: Codebook, number: int) -> None:
        super().__init__()
        self.codebook, self.number = codebook, number

    def forward(self, original: Tensor) -> Tensor:
        value = self.codebook.soft if self.training else self.codebook.hard
        return value(self.number, original)


def round_to_half(centroids: Tensor) -> Tensor:
    """Round centroids as a file has them: at unit size half precision costs them 0.05 %."""
    return centroids.half().float()


def _rows(tensor: Tensor, scale: float, d: int) -> Tensor:
    """Return sub-vectors [m, d] at unit scale, the last one filled up with zeros."""
    flat = tensor.flatten() / scale
    return F.pad(flat, (0, -len(flat) % d)).view(-1, d)
