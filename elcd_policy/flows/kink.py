"""A monotone elementwise flow with a closed inverse: the flow for one dimension."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..utils.c_source import CFlow, c_table
from .base import TangentFlow, register_flow


@register_flow
class KinkFlow(TangentFlow):
    """A smooth change of slope at one point, for each coordinate.

    With ``u = (x - m) / w``::

        phi(x) = m + w sinh(arcsinh(u) + k) = m + w (u cosh k + sqrt(1 + u^2) sinh k)

    Its slope grows monotonically from ``exp(-k)`` on the far left to ``exp(k)`` on the far
    right, or falls for k < 0; the inverse is the same with ``-k``. A row of such kinks
    approximates any monotone function, and since the slope is bounded on both sides the map is
    globally bi-Lipschitz. It starts as the identity.

    Parameters
    ----------
    dimension : d >= 1.
    max_strength : the bound on ``|k|``.
    """

    def __init__(self, dimension: int, *, max_strength: float = 2.0) -> None:
        super().__init__()
        self.max_strength = max_strength
        self.strength = nn.Parameter(torch.zeros(dimension))
        self.centre = nn.Parameter(torch.empty(dimension).uniform_(-2.0, 2.0))
        self.log_width = nn.Parameter(torch.full((dimension,), -1.0))

    def describe(self) -> dict[str, Any]:
        return {"max_strength": self.max_strength}

    def c_source(self, suffix: str) -> CFlow:
        strength, width = self._parameters_used()
        slope = f"slope{suffix}"
        rows = torch.stack([self.centre, width, torch.cosh(strength), torch.sinh(strength)], dim=1)
        return CFlow(
            declarations=c_table(f"kink{suffix}", rows),
            encode=f"float {slope}[@D@];\n@name@_bend(@name@_kink{suffix}, x, {slope});",
            pushforward=f"for (int i = 0; i < @D@; ++i) v[i] /= {slope}[i];",
        )

    def _parameters_used(self) -> tuple[Tensor, Tensor]:
        strength = self.max_strength * torch.tanh(self.strength / self.max_strength)
        return strength, torch.exp(self.log_width)

    def _bend(self, x: Tensor, strength: Tensor, width: Tensor) -> tuple[Tensor, Tensor]:
        """Return the map and its slope."""
        u = (x - self.centre) / width
        root = torch.sqrt(1 + u * u)
        cosh, sinh = torch.cosh(strength), torch.sinh(strength)
        return self.centre + width * (u * cosh + root * sinh), cosh + sinh * u / root

    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        strength, width = self._parameters_used()
        z, slope = self._bend(x, strength, width)
        return z, [slope]

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        strength, width = self._parameters_used()
        return self._bend(z, -strength, width)[0]

    @torch.jit.export
    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        return dz / tape.pop()

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        strength, width = self._parameters_used()
        x, slope = self._bend(z, -strength, width)
        return x, torch.log(slope).sum(dim=1)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        strength, width = self._parameters_used()
        z, slope = self._bend(x, strength, width)
        return z, torch.log(slope).sum(dim=1)
