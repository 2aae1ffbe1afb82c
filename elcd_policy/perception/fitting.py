"""Training a `GoalDetector` on pictures and the places of what is in them."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn.functional import huber_loss, kl_div, log_softmax
from tqdm import trange

from ..errors import ParameterError, TrainingError
from ..utils.numbers import check_count, check_seed
from .camera import Camera
from .detector import CELL, WINDOW, GoalDetector

SPREAD = 0.6  # cells, standard deviation of the target around the true place


@dataclass(frozen=True)
class DetectorSettings:
    """Settings of `fit_detector`.

    Parameters
    ----------
    epochs : times that each picture is seen.
    batch : pictures of a step.
    rate : largest learning rate; it rises first, then falls to zero along a cosine.
    noise : of 255, standard deviation of the white noise that is added to the pictures, at
        most; each picture draws its own.
    position_weight : of the distance in cells, beside the cross-entropy.
    """

    epochs: int = 12
    batch: int = 32
    rate: float = 6e-3
    noise: float = 8.0
    position_weight: float = 0.5

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "rate"):
            if not getattr(self, name) > 0:
                raise ParameterError(
                    f"'{name}' is out of range", got=getattr(self, name), expected="above 0"
                )


def fit_detector(
    detector: GoalDetector,
    camera: Camera,
    images: NDArray[np.uint8],
    places: ArrayLike,
    settings: DetectorSettings | None = None,
    seed: int = 0,
    progress: bool = True,
) -> GoalDetector:
    """Train a detector in place.

    The scores are to be a normal distribution around the true cell, or all on "nothing"
    (cross-entropy); the mean of the cells around it is to be the true place (Huber's loss).

    Parameters
    ----------
    detector : to be trained.
    camera : that took the pictures.
    images : [N, H, W, 3], 0 to 255.
    places : [N, 3] in m, NaN where the object is not to be seen.
    settings : `DetectorSettings` if not given.
    seed : of the order, the mirroring and the noise.
    progress : show a bar on stderr when it takes longer than two seconds.

    Raises
    ------
    ParameterError
        If the seed or the number of epochs is out of range.
    TrainingError
        If the loss is no number any more.
    """
    settings = settings or DetectorSettings()
    check_count("epochs", settings.epochs)
    generator = torch.Generator().manual_seed(check_seed(seed))
    loss_of = PictureLoss(detector, camera, images, places, settings, generator)
    optimiser = torch.optim.Adam(detector.parameters(), lr=settings.rate)
    steps = -(-len(images) // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.rate, total_steps=settings.epochs * steps, pct_start=0.2
    )
    detector.train()
    epochs = trange(
        settings.epochs, desc="training", delay=2, disable=not progress, file=sys.stderr
    )
    for _ in epochs:
        order = torch.randperm(len(images), generator=generator)
        total = 0.0
        for chosen in order.split(settings.batch):
            loss = loss_of(chosen)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(detector.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(chosen)
        if not np.isfinite(total):
            raise TrainingError(
                "the detector's training has come apart",
                got=f"a loss of {total}",
                advice="lower 'rate'",
            )
        epochs.set_postfix(loss=f"{total / len(images):.3f}")
    return detector.eval()


class PictureLoss:
    """The loss of `fit_detector` on some of its pictures, mirrored and with noise anew.

    Parameters
    ----------
    detector, camera, images, places, settings : as of `fit_detector`.
    generator : of the mirroring and the noise.
    """

    def __init__(
        self,
        detector: GoalDetector,
        camera: Camera,
        images: NDArray[np.uint8],
        places: ArrayLike,
        settings: DetectorSettings,
        generator: torch.Generator,
    ) -> None:
        self.detector, self.settings, self.generator = detector, settings, generator
        self.pictures = torch.from_numpy(images)
        self.cells = torch.tensor(camera.project(places) / CELL - 0.5, dtype=torch.float32)

    def __call__(self, chosen: Tensor) -> Tensor:
        """Compute the loss of the pictures with these numbers."""
        batch, wanted = _augment(
            self.pictures[chosen], self.cells[chosen], self.settings.noise, self.generator
        )
        return _loss(self.detector, batch, wanted, self.settings.position_weight)


def _augment(
    images: Tensor, cells: Tensor, noise: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mirror half of the pictures, add noise to all; return them and where the object is."""
    count, columns = len(images), images.shape[2] // CELL
    mirrored = torch.rand(count, generator=generator) < 0.5
    images = torch.where(mirrored[:, None, None, None], images.flip(2), images)
    across = torch.where(mirrored, columns - 1 - cells[:, 0], cells[:, 0])
    strength = noise * torch.rand(count, 1, 1, 1, generator=generator)
    images = images + strength * torch.randn(images.shape, generator=generator)
    return images, torch.stack([across, cells[:, 1]], dim=1)


def _loss(detector: GoalDetector, images: Tensor, wanted: Tensor, position_weight: float) -> Tensor:
    scores = detector.scores(images)
    present = wanted[:, 0].isfinite()
    where = torch.where(present[:, None], wanted, torch.zeros_like(wanted))
    away = detector.cells[None] - where[:, None]
    target = torch.exp(-away.square().sum(dim=2) / (2 * SPREAD**2))
    target = present[:, None] * target / target.sum(dim=1, keepdim=True).clamp(min=1e-6)
    target = torch.cat([target, (~present)[:, None].float()], dim=1)
    loss = kl_div(log_softmax(scores, dim=1), target, reduction="batchmean")
    near = away.abs().amax(dim=2) <= WINDOW
    cell_scores = scores[:, :-1].masked_fill(~near, -1e4)
    mean = torch.softmax(cell_scores, dim=1) @ detector.cells
    distance = huber_loss(mean, where, reduction="none").sum(dim=1)
    return loss + position_weight * (distance * present).mean()
