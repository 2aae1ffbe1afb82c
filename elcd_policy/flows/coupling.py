"""Affine coupling with a bounded scale, and the tangent that costs no Jacobian."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import ParameterError
from ..utils.c_source import LANES, CFlow, c_number, c_table
from .base import TangentFlow, register_flow


@register_flow
class AffineCoupling(TangentFlow):
    """One half of the coordinates is scaled and shifted by functions of the other half.

    With ``x = (a, b)`` and one hidden layer, ``(r, t) = W2 tanh(W1 a + b1) + b2``::

        s = s_max tanh(r / s_max),    phi(a, b) = (a, b exp(s) + t)

    so the scale lies in ``[exp(-s_max), exp(s_max)]`` (real NVP, Dinh et al. 2017, with bounded
    scale). The tangent of the inverse needs matrix-vector products only::

        da = dza,    db = (dzb - dt) exp(-s) - b ds

    where ``(ds, dt)`` is the derivative of ``(s, t)`` along ``da``. It starts as the identity.

    Parameters
    ----------
    dimension : d >= 2.
    flip : which half conditions: the first ``d // 2`` coordinates, or, flipped, the others.
    width : hidden units of the conditioner.
    max_log_scale : ``s_max``, the bound on ``|s|``.
    """

    def __init__(
        self, dimension: int, *, flip: bool, width: int = 64, max_log_scale: float = 2.0
    ) -> None:
        super().__init__()
        if dimension < 2:
            raise ParameterError(
                "a coupling needs two halves",
                got=f"dimension {dimension}",
                expected="at least 2",
                advice="for one dimension use KinkFlow",
            )
        half = dimension // 2
        self.flip = flip
        self.cut = half
        condition = dimension - half if flip else half
        self.moved = dimension - condition
        self.max_log_scale = max_log_scale
        self.hidden = nn.Linear(condition, width)
        self.out = nn.Linear(width, 2 * self.moved)
        # Hidden units bend at points spread over the data (unit scale), not all at the goal.
        nn.init.normal_(self.hidden.weight, std=1.5 / condition**0.5)
        nn.init.uniform_(self.hidden.bias, -3.0, 3.0)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def describe(self) -> dict[str, Any]:
        return {
            "flip": self.flip,
            "width": self.hidden.bias.shape[0],
            "max_log_scale": self.max_log_scale,
        }

    def c_source(self, suffix: str) -> CFlow:
        condition, moved = self.hidden.in_features, self.moved
        width = -(-self.hidden.out_features // LANES) * LANES
        pad = (0, width - self.hidden.out_features)
        tables = {
            f"w1{suffix}": F.pad(self.hidden.weight.t(), pad),
            f"b1{suffix}": F.pad(self.hidden.bias, pad),
            f"w2{suffix}": F.pad(self.out.weight, pad),
            f"b2{suffix}": self.out.bias,
        }
        seen, changed = (self.cut, 0) if self.flip else (0, self.cut)
        sizes = f"{condition}, {moved}, {width}"
        names = ", ".join(f"@name@_{key}" for key in tables)
        kept = f"slope{suffix}, factor{suffix}"
        return CFlow(
            declarations="\n".join(c_table(key, values) for key, values in tables.items()),
            encode=(
                f"float slope{suffix}[{width}], factor{suffix}[{2 * moved}];\n"
                f"@name@_couple({sizes}, {c_number(self.max_log_scale)}, {names}, "
                f"x + {seen}, x + {changed}, {kept});"
            ),
            pushforward=(
                f"@name@_couple_back({sizes}, @name@_w1{suffix}, @name@_w2{suffix}, {kept}, "
                f"v + {seen}, v + {changed});"
            ),
        )

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self.flip:
            return x[:, self.cut :], x[:, : self.cut]
        return x[:, : self.cut], x[:, self.cut :]

    def _join(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.cat([b, a], dim=1) if self.flip else torch.cat([a, b], dim=1)

    def _scale_shift(self, a: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        hidden = torch.tanh(self.hidden(a))
        out = self.out(hidden)
        bounded = torch.tanh(out[:, : self.moved] / self.max_log_scale)
        return hidden, bounded, self.max_log_scale * bounded, out[:, self.moved :]

    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        a, b = self._split(x)
        hidden, bounded, log_scale, shift = self._scale_shift(a)
        scale = torch.exp(log_scale)
        z = self._join(a, torch.addcmul(shift, b, scale))
        return z, [b, scale, 1 - bounded * bounded, 1 - hidden * hidden]

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        a, b = self._split(z)
        _, _, log_scale, shift = self._scale_shift(a)
        return self._join(a, (b - shift) * torch.exp(-log_scale))

    @torch.jit.export
    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        hidden_slope, scale_slope, scale, b = tape.pop(), tape.pop(), tape.pop(), tape.pop()
        da, dzb = self._split(dz)
        dout = F.linear(hidden_slope * F.linear(da, self.hidden.weight), self.out.weight)
        dlog_scale = scale_slope * dout[:, : self.moved]
        return self._join(da, (dzb - dout[:, self.moved :]) / scale - b * dlog_scale)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self._split(z)
        _, _, log_scale, shift = self._scale_shift(a)
        return self._join(a, (b - shift) * torch.exp(-log_scale)), -log_scale.sum(dim=1)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self._split(x)
        _, _, log_scale, shift = self._scale_shift(a)
        return self._join(a, b * torch.exp(log_scale) + shift), log_scale.sum(dim=1)
