"""The common part of a NAIS-Net's blocks: one stable transition, unrolled under a constant input.

``x(k+1) = x(k) + h sigma(A x(k) + B u + C)``, ``x(0) = 0``: the block's input u drives every step,
and A, B, C are the same in each (Ciccone, Gallieri, Masci, Osendorfer and Gomez, "NAIS-Net",
NeurIPS 2018, arXiv 1804.07209, equations 1 to 4).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import ParameterError, ShapeError
from .net_certificate import BlockCertificate

ACTIVATIONS = ("tanh", "relu")
DEPTH = 10
EPSILON = 0.01


class Block(nn.Module):
    """The common part of both kinds of block: the unrolling, its depth, and when it stops.

    Parameters
    ----------
    activation : "tanh", with one input-dependent equilibrium that attracts every state, or
        "relu", incrementally stable.
    depth : steps that the block is unrolled; with a threshold, at most.
    threshold : a sample stops once no unit changes by that much in a step; 0 for a fixed depth.
        Samples of one batch stop independently (pattern-dependent depth, section 4).
    step : h, in (0, 1].
    epsilon : in (0, 1/2), the distance of A from the border of stability.

    Raises
    ------
    ParameterError
        If one is out of its range.
    """

    def __init__(
        self, activation: str, depth: int, threshold: float, step: float, epsilon: float
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ParameterError(
                "unknown activation", got=repr(activation), expected=" or ".join(ACTIVATIONS)
            )
        for name, value, fits, expected in (
            ("step", step, 0 < step <= 1, "above 0, at most 1"),
            ("epsilon", epsilon, 0 < epsilon < 0.5, "above 0, below 1/2"),
        ):
            if not fits:
                raise ParameterError(f"'{name}' is out of range", got=value, expected=expected)
        self.relu, self.step, self.epsilon = activation == "relu", float(step), float(epsilon)
        self.depth, self.threshold = 1, 0.0
        self.set_depth(depth, threshold)

    def forward(self, u: Tensor) -> Tensor:
        """Compute the last state of the unrolled block; see `unroll`."""
        return self.unroll(u)[0]

    @torch.jit.export
    def set_depth(self, depth: int, threshold: float = 0.0) -> None:
        """Unroll to ``depth`` from now on, or to where a sample changes less than ``threshold``.

        Raises
        ------
        ParameterError
            If the depth is below 1 or the threshold negative.
        """
        if depth < 1 or not threshold >= 0:
            problem = f"depth {depth}, threshold {threshold}"
            if torch.jit.is_scripting():
                raise ValueError("a depth is out of range: got " + problem)
            else:
                raise ParameterError(
                    "a depth is out of range",
                    got=problem,
                    expected="a depth of at least 1, a threshold of at least 0",
                )
        self.depth, self.threshold = depth, threshold

    @torch.jit.export
    def unroll(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """Return the last state, and the number of steps [N] that each sample took to it.

        Raises
        ------
        ShapeError
            If ``u`` is no batch of inputs of this block.
        """
        drive = self._drive(u)
        weight = self.state_weight()
        x = torch.zeros_like(drive)
        taken = torch.zeros(u.size(0), dtype=torch.long, device=u.device)
        if self.threshold == 0.0:
            for _ in range(self.depth):
                x = x + self._change(weight, x, drive)
            return self._output(x), taken + self.depth
        moving = torch.ones(u.size(0), dtype=torch.bool, device=u.device)
        step = 0
        while step < self.depth and bool(moving.any()):
            change = self._change(weight, x, drive)
            size = change.detach().abs().flatten(1).amax(dim=1)
            shape = [-1] + [1] * (x.dim() - 1)
            # where, not a product: what a sample at rest would do next must not spoil it.
            x = torch.where(moving.view(shape), x + change, x)
            taken = taken + moving.long()
            moving = torch.logical_and(moving, size >= self.threshold)
            step += 1
        return self._output(x), taken

    def state_weight(self) -> Tensor:
        """Return A, stable whatever the free weights are."""
        raise NotImplementedError

    def _drive(self, u: Tensor) -> Tensor:
        """Return ``B u + C``, for an input of the right shape."""
        raise NotImplementedError

    def _feedback(self, weight: Tensor, x: Tensor) -> Tensor:
        """Return ``A x``."""
        raise NotImplementedError

    def _output(self, x: Tensor) -> Tensor:
        """Return the block's output for its last state."""
        return x

    def _change(self, weight: Tensor, x: Tensor, drive: Tensor) -> Tensor:
        wish = self._feedback(weight, x) + drive
        return self.step * (torch.relu(wish) if self.relu else torch.tanh(wish))

    def lipschitz_estimate(self, u: Tensor) -> float:
        """Compute the largest norm of the Jacobian at the inputs ``u``, in the certificate's norm.

        A lower bound of the block's Lipschitz constant, as `BlockCertificate.lipschitz_bound` is
        an upper one.
        """
        return largest_jacobian(self, u, self.certificate().norm)

    def certificate(self) -> BlockCertificate:
        """Certify the weights as they are now; see `BlockCertificate`.

        Raises
        ------
        ParameterError
            If a weight is not finite.
        """
        raise NotImplementedError

    def used_weights(self, drive: Tensor) -> tuple[Tensor, Tensor]:
        """Return A, and B as it is stored, in float64 and free of gradients.

        Raises
        ------
        ParameterError
            If one is not finite.
        """
        with torch.no_grad():
            weight = self.state_weight()
        for each in (weight, drive):
            if not bool(each.isfinite().all()):
                raise ParameterError(
                    "a block can't be certified",
                    got="weights that are not finite",
                    expected="finite ones",
                )
        return weight.double(), drive.detach().double()


def refuse(u: Tensor, expected: str) -> None:
    """Raise a `ShapeError`, or in TorchScript an assertion that says the same."""
    message = f"an input of another shape: got {list(u.shape)}, expected {expected}"
    if torch.jit.is_scripting():
        raise AssertionError(message)
    else:
        raise ShapeError(message)


def largest_jacobian(module: nn.Module, u: Tensor, norm: str) -> float:
    """Compute the largest norm over the inputs ``u`` [N, ...] of a module's Jacobian.

    Parameters
    ----------
    norm : "2" for the spectral norm, "inf" for the largest row sum.
    """
    largest = 0.0
    for sample in u.detach():
        jacobian = torch.autograd.functional.jacobian(
            lambda v: module(v[None]).flatten(), sample, vectorize=False
        ).reshape(-1, sample.numel())
        order = 2 if norm == "2" else float("inf")
        largest = max(largest, float(torch.linalg.matrix_norm(jacobian.double(), order)))
    return largest
