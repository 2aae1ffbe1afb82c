"""Any normflows flow as a tangent flow: trains and runs, can't be exported."""

from __future__ import annotations

import normflows as nf
import torch
from torch import Tensor

from .base import TangentFlow


class NormflowsAdapter(TangentFlow):
    """Wraps a `normflows.flows.Flow` that has both a forward and an inverse.

    The velocity is a Jacobian-vector product of the flow's ``forward`` by forward-mode
    automatic differentiation, so nothing but differentiability is asked of the flow.

    Parameters
    ----------
    flow : any normflows flow on [N, d] with ``forward`` (latent to data) and ``inverse``.
    """

    scriptable = False

    def __init__(self, flow: nf.flows.Flow) -> None:
        super().__init__()
        self.flow = flow

    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        z, _ = self.flow.inverse(x)
        return z, [z]

    def decode(self, z: Tensor) -> Tensor:
        return self.flow(z)[0]

    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        return torch.func.jvp(lambda z: self.flow(z)[0], (tape.pop(),), (dz,))[1]

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.flow(z)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.flow.inverse(x)
