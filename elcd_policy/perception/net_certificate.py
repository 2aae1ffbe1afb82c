"""Certificates of NAIS-Nets, computed from the weights they use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from ..errors import ParameterError

ROUNDING = 1e-5
"""By which the spectrum of float32 weights may leave its interval."""


@dataclass(frozen=True)
class BlockCertificate:
    """Stability and gain of one block.

    Parameters
    ----------
    kind : "fully connected" or "convolution".
    activation : "tanh": one equilibrium for each input, globally asymptotically stable; "relu":
        incrementally stable.
    spectrum : smallest and largest real part that an eigenvalue of A can have: computed for a
        matrix, from Gershgorin's discs for a convolution.
    allowed : the interval that the construction keeps them in.
    lipschitz_bound : of the block's input-output map in ``norm``, at its depth, and above the
        depth where it is settled, at any.
    norm : "2" or "inf", of inputs and outputs.
    inputs : numbers in an input of a fully connected block; 0 for a convolution, of any size.
    fixed_depth : whether every sample takes the same number of steps. If not, the bound holds
        for samples that take equally many: where that number jumps, so may the output, by about
        what is left of the way to the equilibrium.
    """

    kind: str
    activation: str
    spectrum: tuple[float, float]
    allowed: tuple[float, float]
    lipschitz_bound: float
    norm: str
    inputs: int
    fixed_depth: bool

    @property
    def holds(self) -> bool:
        """Return whether the weights are where the construction puts them."""
        lower, upper = self.allowed
        inside = lower - ROUNDING <= self.spectrum[0] and self.spectrum[1] <= upper + ROUNDING
        return inside and math.isfinite(self.lipschitz_bound)

    def bound_in(self, norm: str) -> float:
        """Return the Lipschitz bound in another norm: ``|x|_inf <= |x|_2 <= sqrt(m) |x|_inf``."""
        if norm == self.norm:
            return self.lipschitz_bound
        return math.sqrt(self.inputs) * self.lipschitz_bound


@dataclass(frozen=True)
class NetCertificate:
    """Stability and gain of a whole net.

    Parameters
    ----------
    blocks : of each block.
    lipschitz_bound : of the net's input-output map in ``norm``: the product of its parts'.
    norm : "inf" if there is a convolution, else "2".
    """

    blocks: tuple[BlockCertificate, ...]
    lipschitz_bound: float
    norm: str

    @property
    def holds(self) -> bool:
        """Return whether every block holds."""
        return all(block.holds for block in self.blocks)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "holds": self.holds}


def net_certificate(blocks: Sequence[BlockCertificate], readout: nn.Module) -> NetCertificate:
    """Certify blocks one after the other, and a readout.

    Raises
    ------
    ParameterError
        If nothing is known about the readout's gain.
    """
    norm = "inf" if any(block.norm == "inf" for block in blocks) else "2"
    bound = gain(readout, norm)
    for block in blocks:
        bound *= block.bound_in(norm)
    return NetCertificate(tuple(blocks), bound, norm)


def gain(module: nn.Module, norm: str) -> float:
    """Compute a Lipschitz bound of a plain layer in the norm "2" or "inf".

    Raises
    ------
    ParameterError
        If the layer is of a kind that nothing is known about.
    """
    if isinstance(module, nn.Sequential):
        return math.prod(gain(part, norm) for part in module)
    if isinstance(module, nn.Identity | nn.Flatten | nn.ReLU | nn.Tanh):
        return 1.0
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return 1.0
    if isinstance(module, nn.Linear):
        order = 2 if norm == "2" else float("inf")
        return float(torch.linalg.matrix_norm(module.weight.detach().double(), order))
    if isinstance(module, nn.Conv2d) and norm == "inf":
        return float(module.weight.detach().double().abs().sum(dim=(1, 2, 3)).max())
    raise ParameterError(
        "the gain of a layer is not known",
        got=f"a {type(module).__name__} in the norm {norm}",
        expected="Linear, Conv2d (inf), AdaptiveAvgPool2d, Flatten, ReLU, Tanh, Identity",
    )
