"""NAIS-Net against a ResNet of as many parameters, on scikit-learn's 8 x 8 digits.

Few digits are shown, so that both can learn them by heart: what counts is the difference between
seen and unseen ones. Both are then run deeper than they were trained, and on noisy digits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elcd_policy.perception import NAISConvBlock, NAISNet
from elcd_policy.perception.block import largest_jacobian

from ..images import digit_images
from .jobs import EPOCHS, NETS

SHOWN = 600  # digits that are learned, of 1797
DEPTH = 10  # of a block, in training
DEEPER = (1, 2, 5, 10)  # times the depth of training
NOISE = (0.1, 0.2, 0.4)  # standard deviation of white noise; pixels are 0 to 1
THRESHOLD, CAP = 1e-4, 256  # of pattern-dependent depth
BATCH, RATE = 50, 1e-2
CHANNELS, RESNET_CHANNELS = 24, 21
ESTIMATED = 20  # digits whose Jacobians are looked at


class ResNet(nn.Module):
    """Two residual blocks with batch normalisation (He et al. 2016), and a readout.

    Parameters
    ----------
    channels : of all layers.
    """

    def __init__(self, channels: int = RESNET_CHANNELS) -> None:
        super().__init__()
        self.stem = nn.Sequential(_convolution(1, channels), nn.ReLU())
        self.branches = nn.ModuleList(
            nn.Sequential(
                _convolution(channels, channels), nn.ReLU(), _convolution(channels, channels)
            )
            for _ in range(2)
        )
        self.readout = _readout(channels)
        self.repeats = 1
        """How often each block is applied."""

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [N, 10] of digits [N, 1, 8, 8]."""
        return self.readout(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """Return the last block's output."""
        x = self.stem(x)
        for number, branch in enumerate(self.branches):
            for _ in range(self.repeats):
                x = torch.relu(x + branch(x))
            if number == 0:
                x = nn.functional.avg_pool2d(x, 2)
        return x


def nais(activation: str) -> NAISNet:
    """Return a NAIS-Net of two convolutional blocks."""
    blocks = [
        NAISConvBlock(1, CHANNELS, pool=2, activation=activation, depth=DEPTH),
        NAISConvBlock(CHANNELS, CHANNELS, activation=activation, depth=DEPTH),
    ]
    return NAISNet(blocks, _readout(CHANNELS))


MAKERS: dict[str, Callable[[], nn.Module]] = dict(
    zip(NETS, (lambda: nais("relu"), lambda: nais("tanh"), ResNet), strict=True)
)


def measure_generalisation(name: str, seed: int = 0, epochs: int = EPOCHS) -> dict[str, Any]:
    """Train a net and measure it; return a JSON-ready result.

    Parameters
    ----------
    name : of `NETS`.
    seed : of the choice of digits, the weights and the order of training.
    epochs : of training.

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed.
    """
    x, labels = digit_images()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    shown, unseen = order[:SHOWN], order[SHOWN:]
    torch.manual_seed(seed)
    net = MAKERS[name]()
    begin = time.process_time()
    _train(net, x[shown], labels[shown], epochs)
    cpu_s = time.process_time() - begin
    with torch.inference_mode():
        train, test = (_accuracy(net, x[part], labels[part]) for part in (shown, unseen))
        row: dict[str, Any] = {
            "parameters": sum(p.numel() for p in net.parameters()),
            "train": train,
            "test": test,
            "gap": train - test,
            "cpu_s": round(cpu_s, 1),
            "noise": {str(size): _noisy(net, x[unseen], labels[unseen], size) for size in NOISE},
            "deeper": {
                str(times): _measure_deeper(net, x[unseen], labels[unseen], times)
                for times in DEEPER
            },
        }
        if isinstance(net, NAISNet):
            row |= _depths(net, x[unseen], labels[unseen])
    row["jacobian"] = largest_jacobian(net, x[unseen[:ESTIMATED]], "inf")
    if isinstance(net, NAISNet):
        row["lipschitz_bound"] = net.certificate().lipschitz_bound
        row["certified"] = net.certificate().holds
    return row


def _train(net: nn.Module, x: Tensor, labels: Tensor, epochs: int) -> None:
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    steps = epochs * math.ceil(len(x) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    net.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(x[chosen]), labels[chosen]).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    net.eval()


def _accuracy(net: nn.Module, x: Tensor, labels: Tensor) -> float:
    return float((net(x).argmax(dim=1) == labels).double().mean())


def _noisy(net: nn.Module, x: Tensor, labels: Tensor, size: float) -> float:
    noise = size * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    return _accuracy(net, x + noise, labels)


def _measure_deeper(
    net: nn.Module, x: Tensor, labels: Tensor, times: int
) -> dict[str, float | None]:
    """Return accuracy and the largest state, every block unrolled or applied ``times`` as often."""
    _set_depth(net, times)
    features = net.features(x)  # type: ignore[operator]
    largest = float(features.abs().max())
    found = {
        "test": _accuracy(net, x, labels),
        "largest_state": largest if math.isfinite(largest) else None,
    }
    _set_depth(net, 1)
    return found


def _set_depth(net: nn.Module, times: int) -> None:
    if isinstance(net, NAISNet):
        net.set_depth(times * DEPTH)
    else:
        net.repeats = times  # type: ignore[assignment]


def _depths(net: NAISNet, x: Tensor, labels: Tensor) -> dict[str, Any]:
    """Return the steps until each digit is at rest, and the accuracy there."""
    net.set_depth(CAP, THRESHOLD)
    scores, steps = net.unroll(x)
    net.set_depth(DEPTH)
    right = scores.argmax(dim=1) == labels
    total = steps.double().sum(dim=1)
    by_digit = [float(total[labels == digit].mean()) for digit in range(10)]
    quantiles = np.percentile(steps.numpy(), [5, 50, 95], axis=0).T
    return {
        "at_rest": {
            "test": float(right.double().mean()),
            "capped": float((steps == CAP).double().mean()),
            "steps_5_50_95": quantiles.round(1).tolist(),
            "steps_of_right": float(total[right].mean()),
            "steps_of_wrong": float(total[~right].mean()) if bool((~right).any()) else None,
            "steps_by_digit": [round(value, 1) for value in by_digit],
        }
    }


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs)
    )


def _readout(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(16 * channels, 10))
