"""The convolutional block of a NAIS-Net."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d

from ..errors import ParameterError
from .block import DEPTH, EPSILON, Block, refuse
from .net_certificate import BlockCertificate
from .weights import stable_kernel

ETA = 0.1


class NAISConvBlock(Block):
    """A convolutional block: u [N, C_in, H, W] to x [N, C, H / pool, W / pool].

    Parameters
    ----------
    input_channels, channels : C_in and C.
    kernel_size : k, odd; of A and of B, padded with zeros to keep H and W.
    pool : the last state is averaged over squares of that size.
    activation, depth, threshold, step, epsilon : see `Block`.
    eta : in (epsilon, 1), see `stable_kernel`.
    """

    def __init__(
        self,
        input_channels: int,
        channels: int,
        kernel_size: int = 3,
        pool: int = 1,
        activation: str = "relu",
        depth: int = DEPTH,
        threshold: float = 0.0,
        step: float = 1.0,
        epsilon: float = EPSILON,
        eta: float = ETA,
    ) -> None:
        super().__init__(activation, depth, threshold, step, epsilon)
        for name, size in (
            ("input_channels", input_channels),
            ("channels", channels),
            ("pool", pool),
        ):
            if size < 1:
                raise ParameterError(f"'{name}' is out of range", got=size, expected="at least 1")
        if kernel_size % 2 != 1 or not epsilon < eta < 1:
            raise ParameterError(
                "a convolution's kernel_size or eta is out of range",
                got=f"{kernel_size}, {eta}",
                expected=f"an odd size, eta between epsilon ({epsilon}) and 1",
            )
        self.input_channels, self.channels = int(input_channels), int(channels)
        self.pool, self.eta, self.padding = int(pool), float(eta), kernel_size // 2
        spread = 1.0 / math.sqrt(channels * kernel_size**2)
        free = spread * torch.randn(channels, channels, kernel_size, kernel_size)
        free[:, :, self.padding, self.padding].fill_diagonal_(0.0)
        self.free = nn.Parameter(free)
        self.input = nn.Conv2d(input_channels, channels, kernel_size, padding=self.padding)

    @torch.jit.export
    def state_weight(self) -> Tensor:
        """Return A [C, C, k, k], see `stable_kernel`."""
        return stable_kernel(self.free, self.epsilon, self.eta)

    def _drive(self, u: Tensor) -> Tensor:
        if u.dim() != 4 or u.size(1) != self.input_channels:
            refuse(u, f"[N, {self.input_channels}, H, W]")
        if min(u.size(2), u.size(3)) < self.pool:
            refuse(u, f"H and W of at least {self.pool}, which are averaged to one")
        return self.input(u)

    def _feedback(self, weight: Tensor, x: Tensor) -> Tensor:
        return conv2d(x, weight, padding=self.padding)

    def _output(self, x: Tensor) -> Tensor:
        return avg_pool2d(x, self.pool)

    def certificate(self) -> BlockCertificate:
        """Certify the weights as they are now; see `BlockCertificate`."""
        kernel, drive = self.used_weights(self.input.weight)
        centre = torch.diagonal(kernel[:, :, self.padding, self.padding])
        radius = kernel.abs().sum(dim=(1, 2, 3)) - centre.abs()
        gain = float(drive.abs().sum(dim=(1, 2, 3)).max())
        lower, upper = float((centre - radius).min()), float((centre + radius).max())
        return BlockCertificate(
            kind="convolution",
            activation="relu" if self.relu else "tanh",
            spectrum=(lower, upper),
            allowed=(-(2.0 - self.epsilon), -self.epsilon),
            # |dx| <= (1 - h eps D) |dx| + h D |B du| in each channel, any slopes D in [0, 1].
            lipschitz_bound=gain * min(self.depth * self.step, -1.0 / upper),
            norm="inf",
            inputs=0,
            fixed_depth=self.threshold == 0.0,
        )
