"""The field of the ELCD paper: extended linearisation, negative definite plus skew."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..utils.c_source import c_number, c_table
from .base import LatentField, first_excess

C_SOURCE = """
/* f(e) = -(c I + L^T L) e + (U - U^T) e, L and U the triangles of one matrix P(e). */
static inline void @name@_field(const float *e, float *f) {
  float h[@WIDTH@], p[@D@ * @D@];
  @name@_layer(@D@, @WIDTH@, @name@_field_w1, @name@_field_b1, e, h);
  for (int j = 0; j < @WIDTH@; ++j) h[j] = tanhf(h[j]);
  @name@_layer(@WIDTH@, @D@ * @D@, @name@_field_w2, @name@_field_b2, h, p);
  for (int i = 0; i < @D@; ++i) f[i] = -@RATE@ * e[i];
  for (int i = 0; i < @D@; ++i) {
    float row = 0;
    for (int j = 0; j <= i; ++j) row += p[i * @D@ + j] * e[j];
    for (int j = 0; j <= i; ++j) f[j] -= row * p[i * @D@ + j];
    for (int j = i + 1; j < @D@; ++j) {
      f[i] += p[i * @D@ + j] * e[j];
      f[j] -= p[i * @D@ + j] * e[i];
    }
  }
}
"""


class ElcdField(LatentField):
    """``f(e) = A(e) e`` with ``A = -(c I + L^T L) + (U - U^T)``.

    ``L`` and ``U`` are the lower triangle (with diagonal) and the strictly upper triangle of
    one matrix ``P(e)`` [d, d] from a small network: every positive semidefinite matrix is some
    ``L^T L`` and every skew one some ``U - U^T``, so nothing of the paper's class
    (Jaffe et al. 2024, eq. for A with full ``Ps``, ``Pa``) is lost at half the outputs.

    Guarantee: the symmetric part of A is at most ``-c I``, hence
    ``d/dt |e|^2 <= -2 c |e|^2``: every trajectory contracts towards the goal. That is not
    contraction of every pair of trajectories in this metric, since
    ``Df = A + (dA/de) e``; see `MonotoneField`.

    Parameters
    ----------
    dimension : d >= 1.
    rate : c, per demonstrated duration.
    width : hidden units of the network behind P.
    """

    kind: ClassVar[str] = "equilibrium contraction"
    proof: ClassVar[str] = "sym A(e) = -(c I + L^T L) <= -c I"

    def __init__(self, dimension: int, *, rate: float = 1.0, width: int = 32) -> None:
        super().__init__(dimension, rate=rate, width=width)
        self.hidden = nn.Linear(dimension, width)
        self.out = nn.Linear(width, dimension * dimension)
        nn.init.normal_(self.hidden.weight, std=1.5 / dimension**0.5)
        nn.init.uniform_(self.hidden.bias, -3.0, 3.0)
        nn.init.zeros_(self.out.weight)
        first = torch.diag(torch.sqrt(first_excess(dimension, rate)))
        self.out.bias = nn.Parameter(first.flatten())

    def forward(self, e: Tensor) -> Tensor:
        p = self.out(torch.tanh(self.hidden(e))).view(-1, self.dimension, self.dimension)
        lower, upper = torch.tril(p), torch.triu(p, 1)
        row = e.unsqueeze(1)
        pull = torch.bmm(torch.bmm(row, lower.mT), lower)
        turn = torch.bmm(row, upper.mT - upper)
        return torch.add((turn - pull).squeeze(1), e, alpha=-self.rate)

    def linearisation(self, e: Tensor) -> Tensor:
        d = self.dimension
        p = self.out(torch.tanh(self.hidden(e))).view(-1, d, d)
        lower, upper = torch.tril(p), torch.triu(p, diagonal=1)
        unit = torch.eye(d, dtype=e.dtype)
        return upper - upper.mT - lower.mT @ lower - self.rate * unit

    def describe(self) -> dict[str, Any]:
        return {"rate": self.rate, "width": self.hidden.bias.shape[0]}

    def c_source(self) -> str:
        tables = [
            c_table("field_w1", self.hidden.weight.t()),
            c_table("field_b1", self.hidden.bias),
            c_table("field_w2", self.out.weight.t()),
            c_table("field_b2", self.out.bias),
        ]
        body = C_SOURCE.replace("@WIDTH@", str(self.hidden.out_features))
        return "\n".join([*tables, body.replace("@RATE@", c_number(self.rate))])

    def linear_rates(self) -> Tensor:
        bias = self.out.bias.view(self.dimension, self.dimension)
        return self.rate + torch.diagonal(bias) ** 2
