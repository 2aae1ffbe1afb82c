"""The networks that are quantised in the benchmark, and the images that they are trained on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..images import SHOWN, digit_images, fashion_mnist_images, mnist_images

Batches = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class LabelledImages:
    """``x`` [N, 1, H, W] and ``y`` [N], the first ``shown`` of them to learn from."""

    x: Tensor
    y: Tensor
    shown: int


def load_images(name: str, folder: str) -> LabelledImages:
    """Return the "digits", which need no folder, or those of `images.FOLDERS` with that name.

    Raises
    ------
    ParameterError, MissingExtraError
        If they are not there.
    """
    if name == "digits":
        return LabelledImages(*digit_images(), 1438)
    read = {"mnist": mnist_images, "fashion-mnist": fashion_mnist_images}[name]
    return LabelledImages(*read(folder), SHOWN)


class TwoLayerCnn(nn.Module):
    """Two convolutions and a linear layer, for images [N, 1, side, side]."""

    def __init__(self, side: int = 8) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.second = nn.Conv2d(16, 32, 3, padding=1)
        self.head = nn.Linear(32 * (side // 4) ** 2, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        return self.head(F.max_pool2d(F.relu(self.second(x)), 2).flatten(1))


class _Block(nn.Module):
    """Two convolutions around which the input passes (He et al. 2016)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.past = nn.Sequential()
        if stride > 1 or before != after:
            self.past = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second_norm(self.second(F.relu(self.first_norm(self.first(x)))))
        return F.relu(inner + self.past(x))


class ResNet18(nn.Module):
    """ResNet-18 for small images [N, 1, H, W]: a 3 x 3 stem and no pooling before the blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 64, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(64)
        widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
        self.blocks = nn.Sequential(
            *(
                _Block(before, after, 2 if after > before else 1)
                for before, after in itertools.pairwise(widths)
            )
        )
        self.head = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(F.relu(self.norm(self.stem(x)))).mean(dim=(2, 3)))


#: By name: what makes one for images of a side.
NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "2-layer CNN": TwoLayerCnn,
    "ResNet-18": lambda side: ResNet18(),
}


def batches(images: LabelledImages, size: int, count: int, seed: int) -> Batches:
    """Return ``count`` random batches of the shown images."""
    generator = torch.Generator().manual_seed(seed)
    rows = [torch.randint(images.shown, (size,), generator=generator) for _ in range(count)]
    return [(images.x[row], images.y[row]) for row in rows]


@torch.no_grad()
def accuracy(model: nn.Module, images: LabelledImages) -> float:
    """Return the share of the unseen images that are classified correctly."""
    model.eval()
    named = [model(part).argmax(dim=1) for part in images.x[images.shown :].split(64)]
    return float((torch.cat(named) == images.y[images.shown :]).float().mean())


def train(
    model: nn.Module,
    data: Batches,
    parameters: Iterable[nn.Parameter] | None = None,
    rate: float = 1e-3,
) -> None:
    """Run Adam on cross-entropy, a step per batch; moves ``parameters``, by default all."""
    optimiser = torch.optim.Adam(parameters or model.parameters(), lr=rate)
    model.train()
    for x, y in data:
        optimiser.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimiser.step()
