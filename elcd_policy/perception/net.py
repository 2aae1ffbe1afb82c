"""NAIS-Net: stable blocks one after the other, and a readout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import ParameterError
from .block import Block, largest_jacobian, refuse
from .net_certificate import NetCertificate, net_certificate


@dataclass(frozen=True)
class DepthStatistics:
    """Statistics of the steps that the samples of a batch took in one block.

    Parameters
    ----------
    mean, smallest, largest : steps.
    capped : share of the samples that were still moving at the block's depth.
    """

    mean: float
    smallest: int
    largest: int
    capped: float


class NAISNet(nn.Module):
    """The last state of each block is the next one's input (arXiv 1804.07209, figure 1).

    Scriptable; `set_depth`, `unroll` and `features` are there in TorchScript, too.

    Parameters
    ----------
    blocks : `NAISBlock` and `NAISConvBlock`, the former after the latter.
    readout : from the last block's state to the output, such as `torch.nn.Linear`.

    Raises
    ------
    ParameterError
        If there are no blocks, or something else among them.
    """

    def __init__(self, blocks: Iterable[nn.Module], readout: nn.Module) -> None:
        super().__init__()
        found = list(blocks)
        if not found or not all(isinstance(block, Block) for block in found):
            raise ParameterError(
                "a NAISNet needs blocks",
                got=[type(block).__name__ for block in found],
                expected="NAISBlock or NAISConvBlock, at least one",
            )
        self.blocks, self.readout = nn.ModuleList(found), readout

    def forward(self, x: Tensor) -> Tensor:
        """Compute the output for a batch of inputs.

        Raises
        ------
        ShapeError
            If an input does not fit the first block, or a state the next one.
        """
        return self.readout(self.features(x))

    @torch.jit.export
    def features(self, x: Tensor) -> Tensor:
        """Return the last block's last state."""
        for block in self.blocks:
            x = block(x)
        return x

    @torch.jit.export
    def unroll(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output, and the steps [N, blocks] that each sample took in each block."""
        taken: list[Tensor] = []
        for block in self.blocks:
            x, steps = block.unroll(x)  # type: ignore[operator]
            taken.append(steps)
        return self.readout(x), torch.stack(taken, dim=1)

    @torch.jit.export
    def set_depth(self, depth: int, threshold: float = 0.0) -> None:
        """Unroll all blocks to ``depth``, or to rest; see `Block.set_depth`."""
        for block in self.blocks:
            block.set_depth(depth, threshold)  # type: ignore[operator]

    def depth_statistics(self, x: Tensor) -> list[DepthStatistics]:
        """Count the steps that the inputs took, block by block.

        Raises
        ------
        ShapeError
            As `forward`, and if there are none.
        """
        if len(x) == 0:
            refuse(x, "at least one input")
        with torch.no_grad():
            _, taken = self.unroll(x)
        statistics = []
        for block, steps in zip(self.blocks, taken.unbind(dim=1), strict=True):
            assert isinstance(block, Block)
            statistics.append(
                DepthStatistics(
                    mean=float(steps.double().mean()),
                    smallest=int(steps.min()),
                    largest=int(steps.max()),
                    capped=float((steps == block.depth).double().mean()),
                )
            )
        return statistics

    def lipschitz_estimate(self, x: Tensor) -> float:
        """Compute the largest norm of the Jacobian at inputs ``x``, in the certificate's norm."""
        return largest_jacobian(self, x, self.certificate().norm)

    def certificate(self) -> NetCertificate:
        """Certify the weights as they are now.

        Raises
        ------
        ParameterError
            If nothing is known about the readout's gain, or a weight is not finite.
        """
        blocks = [block.certificate() for block in self.blocks if isinstance(block, Block)]
        # A bias has no part in any bound, and yet spoils the output.
        if not all(bool(weights.isfinite().all()) for weights in self.parameters()):
            raise ParameterError(
                "a net can't be certified",
                got="weights that are not finite",
                expected="finite ones",
            )
        return net_certificate(blocks, self.readout)
