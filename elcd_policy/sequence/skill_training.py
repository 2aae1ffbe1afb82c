"""Learning to name skills early, and how well it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from ..utils.numbers import check_count, check_seed
from ..utils.threads import one_thread
from .skill_classifier import SkillClassifier
from .skill_data import Motion, SkillSet, Variation, resample, vary

#: Shares of a motion's time that accuracy is stated for.
SHARES = tuple(np.round(np.arange(0.05, 1.001, 0.05), 2).tolist())


@dataclass(frozen=True)
class SkillTraining:
    """Settings of `fit_skills`.

    Parameters
    ----------
    epochs : passes over all motions, varied anew each time.
    batch : motions in one step of the optimizer.
    learning_rate : at the start of a cosine decay, of Adam.
    hidden_size : of the network.
    rate : Hz, of samples.
    variation : of the motions.
    """

    epochs: int = 200
    batch: int = 32
    learning_rate: float = 0.01
    hidden_size: int = 64
    rate: float = 10.0
    variation: Variation = field(default_factory=Variation)


def fit_skills(
    skills: SkillSet,
    settings: SkillTraining | None = None,
    *,
    seed: int = 0,
    progress: bool = True,
) -> SkillClassifier:
    """Learn to name a motion from each of its beginnings.

    Each sample of a motion counts for as much as any other of it: the network is asked for the
    name from the first sample on, and so for probabilities that fit what can be known by then.

    Parameters
    ----------
    skills : from `load_skills`.
    seed : of weights and variations.
    progress : show a bar.

    Raises
    ------
    ParameterError
        If the seed or the number of epochs is out of range.
    """
    settings = settings or SkillTraining()
    check_count("epochs", settings.epochs)
    rng = np.random.default_rng(check_seed(seed))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SkillClassifier(
            skills.dimension,
            len(skills.labels),
            rate=settings.rate,
            hidden_size=settings.hidden_size,
        )
    with one_thread():
        train(model, skills.shown, settings, rng, progress)
    return model.eval()


def train(
    model: nn.Module,
    motions: Sequence[Motion],
    settings: SkillTraining,
    rng: np.random.Generator,
    progress: bool,
) -> None:
    """Fit any model that is called like a `SkillClassifier`, in place."""
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    for _ in tqdm(range(settings.epochs), desc="skills", delay=2, disable=not progress):
        changed = vary(motions, settings.variation, rng)
        order = rng.permutation(len(motions))
        for begin in range(0, len(motions), settings.batch):
            batch = [changed[i] for i in order[begin : begin + settings.batch]]
            loss = _loss(model, batch, settings, rng)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()


def batch_loss(
    model: nn.Module, motions: Sequence[Motion], settings: SkillTraining, rng: np.random.Generator
) -> Tensor:
    """Compute the loss on a batch of motions, varied for it."""
    return _loss(model, vary(motions, settings.variation, rng), settings, rng)


def prefix_loss(scores: Tensor, labels: Tensor, counts: Tensor) -> Tensor:
    """Compute the mean over motions of the mean cross-entropy of their samples.

    Parameters
    ----------
    scores : log-probabilities [T - 1, B, C].
    labels, counts : [B]; of each motion, ``counts - 1`` scores count.
    """
    steps = torch.arange(len(scores))[:, None]
    counted = (steps < counts - 1).to(scores.dtype)
    of_label = scores.gather(2, labels.expand(len(scores), -1)[..., None]).squeeze(2)
    return -((of_label * counted).sum(0) / counted.sum(0)).mean()


def accuracy_by_share(
    model: nn.Module, motions: Sequence[Motion], rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score the model when `SHARES` of the motions' time have passed.

    Returns
    -------
    Accuracy and mean confidence (the largest probability), both [shares].
    """
    position, time, counts = resample(motions, rate)
    labels = torch.tensor([motion.label for motion in motions])
    with torch.no_grad():
        scores = model(position, time).exp()
    accuracy, confidence = [], []
    for share in SHARES:
        step = ((counts - 1) * share).ceil().long().clamp(min=1) - 1
        best = scores[step, torch.arange(len(labels))].max(dim=1)
        accuracy.append(float((best.indices == labels).double().mean()))
        confidence.append(float(best.values.double().mean()))
    return np.array(accuracy), np.array(confidence)


def _loss(
    model: nn.Module, motions: Sequence[Motion], settings: SkillTraining, rng: np.random.Generator
) -> Tensor:
    position, time, counts = resample(motions, settings.rate, settings.variation.noise, rng)
    labels = torch.tensor([motion.label for motion in motions])
    return prefix_loss(model(position, time), labels, counts)
