"""Skill classifiers and goal detectors, quantised: fine-tuned on what they were learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from ..formats.packed_weights import PackedWeights, without
from ..perception import DetectorSettings, GoalDetector, LoadedDetector
from ..perception.detector_file import MADE_ANEW, trainable_detector
from ..perception.fitting import PictureLoss
from ..sequence import LoadedSkills, SkillClassifier, SkillTraining
from ..sequence.skill_data import Motion
from ..sequence.skill_file import trainable_skills
from ..sequence.skill_training import batch_loss
from ..utils.threads import one_thread
from .fine_tuning import ITERATIONS, compress

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class CompressedNetwork(Generic[N]):
    """A network with quantised weights.

    Parameters
    ----------
    module : that computes with them.
    weights : the same, as they are stored.
    bytes_before, bytes_after : all weights and buffers, indices and codebooks counted; not what
        a file of either kind need not hold.
    """

    module: N
    weights: PackedWeights
    bytes_before: int
    bytes_after: int


def compress_skills(
    loaded: LoadedSkills,
    motions: Sequence[Motion],
    *,
    seed: int = 0,
    **settings: Any,
) -> CompressedNetwork[SkillClassifier]:
    """Quantise all weights of a skill classifier.

    Parameters
    ----------
    loaded : from `load_skills_file`; it stays as it is.
    motions : to fine-tune on, varied anew in each step as in training.
    seed : of the first centroids and the variations.
    settings : see `compress`.

    Raises
    ------
    ParameterError, CompressionError
        As `compress`.
    """
    model = trainable_skills(loaded)
    training, rng = SkillTraining(rate=model.rate), np.random.default_rng(seed)

    def loss() -> Tensor:
        chosen = rng.permutation(len(motions))[: training.batch]
        return batch_loss(model, [motions[i] for i in chosen], training, rng)

    return _compressed(model, loss, (), seed, settings)


def compress_detector(
    loaded: LoadedDetector,
    images: NDArray[np.uint8],
    places: ArrayLike,
    *,
    seed: int = 0,
    **settings: Any,
) -> CompressedNetwork[GoalDetector]:
    """Quantise all weights of a detector.

    Parameters
    ----------
    loaded : from `load_detector`; it stays as it is.
    images, places : to fine-tune on, see `fit_detector`.
    seed : of the first centroids, the order and the noise of the pictures.
    settings : see `compress`.

    Raises
    ------
    DetectorFileError
        If its net is none of this library's.
    ParameterError, CompressionError
        As `compress`.
    """
    detector, options = trainable_detector(loaded), DetectorSettings()
    generator = torch.Generator().manual_seed(seed)
    of = PictureLoss(detector, loaded.metadata.camera, images, places, options, generator)

    def loss() -> Tensor:
        return of(torch.randperm(len(images), generator=generator)[: options.batch])

    return _compressed(detector, loss, MADE_ANEW, seed, settings)


def _compressed(
    model: N,
    loss: Callable[[], Tensor],
    made_anew: Sequence[str],
    seed: int,
    settings: dict[str, Any],
) -> CompressedNetwork[N]:
    state = model.state_dict()
    before = sum(v.numel() * v.element_size() for k, v in state.items() if k not in made_anew)
    with one_thread():
        weights = compress(model, loss, seed=seed, **{"iterations": ITERATIONS, **settings})
    weights = without(weights, made_anew)
    return CompressedNetwork(model.eval(), weights, before, len(weights.blob()))
