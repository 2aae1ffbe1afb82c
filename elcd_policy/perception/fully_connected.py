"""The fully connected block of a NAIS-Net."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from .block import DEPTH, EPSILON, Block, refuse
from .net_certificate import BlockCertificate
from .weights import stable_matrix


class NAISBlock(Block):
    """A fully connected block: u [N, m] to x [N, n].

    Parameters
    ----------
    input_size : m. An input of another shape with m numbers a sample is flattened.
    hidden_size : n.
    activation, depth, threshold, step, epsilon : see `Block`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        activation: str = "tanh",
        depth: int = DEPTH,
        threshold: float = 0.0,
        step: float = 1.0,
        epsilon: float = EPSILON,
    ) -> None:
        super().__init__(activation, depth, threshold, step, epsilon)
        self.input_size, self.hidden_size = int(input_size), int(hidden_size)
        self.free = nn.Parameter(torch.randn(hidden_size, hidden_size) / math.sqrt(hidden_size))
        self.input = nn.Linear(input_size, hidden_size)

    @torch.jit.export
    def state_weight(self) -> Tensor:
        """Return A [n, n], eigenvalues in ``[-(1 - epsilon), -epsilon]``."""
        return stable_matrix(self.free, self.epsilon)

    def _drive(self, u: Tensor) -> Tensor:
        if u.dim() < 2 or u[:1].numel() not in (self.input_size, 0):
            refuse(u, f"[N, {self.input_size}]")
        return self.input(u.flatten(1))

    def _feedback(self, weight: Tensor, x: Tensor) -> Tensor:
        return linear(x, weight)

    def equilibrium(self, u: Tensor) -> Tensor:
        """Solve for ``x* = -A^-1 (B u + C)`` [N, n], which a tanh block converges to."""
        return -torch.linalg.solve(self.state_weight(), self._drive(u).t()).t()

    def certificate(self) -> BlockCertificate:
        """Certify the weights as they are now; see `BlockCertificate`."""
        weight, drive = self.used_weights(self.input.weight)
        eigenvalues, vectors = torch.linalg.eigh(weight)
        metric = -eigenvalues
        scaled = torch.linalg.matrix_norm((vectors / metric.sqrt()).t() @ drive, 2)
        # With P = -A, |dx|_P stays below 2 |A^-1 B du|_P at any depth, and grows by at most
        # h |B du|_P <= h sqrt(largest) |B du| in a step.
        settled = 2.0 * scaled / metric.min().sqrt()
        grown = torch.linalg.matrix_norm(drive, 2) * (metric.max() / metric.min()).sqrt()
        return BlockCertificate(
            kind="fully connected",
            activation="relu" if self.relu else "tanh",
            spectrum=(float(eigenvalues.min()), float(eigenvalues.max())),
            allowed=(-(1.0 - self.epsilon), -self.epsilon),
            lipschitz_bound=min(float(settled), self.depth * self.step * float(grown)),
            norm="2",
            inputs=self.input_size,
            fixed_depth=self.threshold == 0.0,
        )
