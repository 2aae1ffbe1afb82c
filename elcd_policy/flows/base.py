"""The interface of a flow that can carry velocities from latent to data space."""

from __future__ import annotations

from collections.abc import Iterable

import normflows as nf
import torch
from torch import Tensor, nn


class TangentFlow(nf.flows.Flow):
    """A `normflows.flows.Flow` that also pushes tangent vectors from latent to data space.

    With ``z = phi(x)``, a velocity ``dz`` in latent space is ``dx = D(phi^-1)(z) dz`` in data
    space. The activations of `encode` are all that is needed to apply that Jacobian, so no
    Jacobian is ever built or inverted: `encode` hands them out as a tape, `pushforward` takes
    them back.

    A subclass implements `encode`, `decode` and `pushforward`, marked `torch.jit.export` and
    written so that TorchScript can compile them, and normflows' own `forward` (latent to data)
    and `inverse` (data to latent), each with the log-determinant of its Jacobian.
    """

    #: False where TorchScript can't compile the flow: it trains and runs, but can't be exported.
    scriptable = True

    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Data ``x`` [N, d] to latent ``z = phi(x)`` [N, d] and the tape for `pushforward`."""
        raise NotImplementedError

    def decode(self, z: Tensor) -> Tensor:
        """Latent ``z`` [N, d] to data ``x = phi^-1(z)`` [N, d]."""
        raise NotImplementedError

    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        """Latent velocity ``dz`` [N, d] at the encoded point to data velocity [N, d].

        Takes its activations off the end of ``tape``, so a tape serves once.
        """
        raise NotImplementedError


class CompositeFlow(TangentFlow):
    """Several flows in a row; data passes the first one first on its way to latent space.

    Parameters
    ----------
    flows : the flows, in the order in which `encode` applies them.
    """

    def __init__(self, flows: Iterable[TangentFlow]) -> None:
        super().__init__()
        self.flows = nn.ModuleList(flows)
        self.scriptable = all(bool(flow.scriptable) for flow in self.flows)

    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        tape: list[Tensor] = []
        for flow in self.flows:
            x, layer_tape = flow.encode(x)  # type: ignore[operator]
            tape.extend(layer_tape)
        return x, tape

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        for flow in self.flows[::-1]:
            z = flow.decode(z)  # type: ignore[operator]
        return z

    @torch.jit.export
    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        for flow in self.flows[::-1]:
            dz = flow.pushforward(tape, dz)  # type: ignore[operator]
        return dz

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        log_det = torch.zeros_like(z[:, 0])
        for flow in self.flows[::-1]:
            z, layer_log_det = flow.forward(z)
            log_det = log_det + layer_log_det
        return z, log_det

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_det = torch.zeros_like(x[:, 0])
        for flow in self.flows:
            x, layer_log_det = flow.inverse(x)  # type: ignore[operator]
            log_det = log_det + layer_log_det
        return x, log_det
