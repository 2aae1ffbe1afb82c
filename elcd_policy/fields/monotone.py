"""A field that contracts every pair of trajectories in an explicit metric."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..utils.c_source import c_table
from .base import LatentField, OnnxNodes, first_excess

C_SOURCE = """
/* f(e) = -(c + r) e - W^T (g (tanh(W e + b) - tanh(b))) + (S - S^T) e */
static inline void @name@_field(const float *e, float *f) {
  float h[@WIDTH@];
  @name@_layer(@D@, @WIDTH@, @name@_field_w1, @name@_field_b1, e, h);
  for (int j = 0; j < @WIDTH@; ++j) h[j] = @name@_field_at_goal[j] - tanhf(h[j]);
  @name@_layer(@D@, @D@, @name@_field_linear, 0, e, f);
  for (int j = 0; j < @WIDTH@; ++j)
    for (int i = 0; i < @D@; ++i) f[i] += h[j] * @name@_field_w2[j * @D@ + i];
}
"""


class MonotoneField(LatentField):
    """``f(e) = -(c + r) e - W^T (g (tanh(W e + b) - tanh(b))) + (S - S^T) e``.

    With r, g >= 0 (per coordinate and per unit) this is minus the gradient of a c-strongly
    convex function plus a constant skew part, shifted so that ``f(0) = 0``. Its Jacobian has
    the symmetric part ``-(c + r) - W^T diag(g tanh') W <= -c I`` everywhere.

    Guarantee: any two trajectories approach each other, ``d/dt |e1 - e2| <= -c |e1 - e2|`` in
    latent space, that is in the metric ``J_phi^T J_phi`` of the data space (Lohmiller and
    Slotine 1998), with no integral or solver involved.

    Parameters
    ----------
    dimension : d >= 1.
    rate : c, per demonstrated duration.
    width : number of ridge functions.
    """

    kind: ClassVar[str] = "contraction of every pair"
    proof: ClassVar[str] = "sym Df(e) = -(c + r) - W^T diag(g tanh') W <= -c I"

    def __init__(self, dimension: int, *, rate: float = 1.0, width: int = 32) -> None:
        super().__init__(dimension, rate=rate, width=width)
        self.ridge = nn.Linear(dimension, width)
        nn.init.normal_(self.ridge.weight, std=1.0 / dimension**0.5)
        nn.init.uniform_(self.ridge.bias, -3.0, 3.0)
        self.gain = nn.Parameter(torch.full((width,), -6.0))
        self.skew = nn.Parameter(torch.zeros(dimension, dimension))
        # The inverse of softplus.
        self.excess = nn.Parameter(torch.log(torch.expm1(first_excess(dimension, rate))))

    def forward(self, e: Tensor) -> Tensor:
        ridges = torch.tanh(self.ridge(e)) - torch.tanh(self.ridge.bias)
        pull = torch.matmul(F.softplus(self.gain) * ridges, self.ridge.weight)
        turn = torch.matmul(e, self.skew.t() - self.skew)
        return turn - pull - self.linear_rates() * e

    def describe(self) -> dict[str, Any]:
        return {"rate": self.rate, "width": self.gain.shape[0]}

    def c_source(self) -> str:
        linear = self.skew.t() - self.skew - torch.diag(self.linear_rates())
        tables = [
            c_table("field_w1", self.ridge.weight.t()),
            c_table("field_b1", self.ridge.bias),
            c_table("field_at_goal", torch.tanh(self.ridge.bias)),
            c_table("field_w2", F.softplus(self.gain)[:, None] * self.ridge.weight),
            c_table("field_linear", linear),
        ]
        return "\n".join([*tables, C_SOURCE.replace("@WIDTH@", str(self.ridge.out_features))])

    def onnx_nodes(self, graph: OnnxNodes, e: str, into: Tensor) -> str:
        weight = torch.cat([self.ridge.weight.t(), self.ridge.bias[None]])
        goal = F.one_hot(torch.tensor([len(weight) - 1])).to(weight)
        # tanh(b) by the same node at e = 0, so that the difference is exactly zero there.
        h, at_goal = (graph.node("Tanh", graph.node("Gemm", place, weight)) for place in (e, goal))
        ridges = graph.node("Sub", h, at_goal)
        rates = self.rate + F.softplus(self.excess)
        linear = F.pad(self.skew.t() - self.skew - torch.diag(rates), (0, 0, 0, 1))
        pull = -F.softplus(self.gain)[:, None] * self.ridge.weight
        return graph.node("Gemm", ridges, pull @ into, graph.node("MatMul", e, linear @ into))

    def linear_rates(self) -> Tensor:
        return self.rate + F.softplus(self.excess)
