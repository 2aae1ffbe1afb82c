"""Goal detectors with quantised weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ..compression.compressed_network import CompressedNetwork, compress_network
from .detector import GoalDetector
from .detector_file import DERIVED, LoadedDetector, trainable_detector
from .fitting import DetectorSettings, PictureLoss


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
    settings : see `elcd_policy.compression.compress`.

    Raises
    ------
    DetectorFileError
        If its net is none of this library's.
    ParameterError, CompressionError
        As `elcd_policy.compression.compress`.
    """
    detector, options = trainable_detector(loaded), DetectorSettings()
    generator = torch.Generator().manual_seed(seed)
    of = PictureLoss(detector, loaded.metadata.camera, images, places, options, generator)

    def loss() -> Tensor:
        return of(torch.randperm(len(images), generator=generator)[: options.batch])

    return compress_network(detector, loss, derived=DERIVED, seed=seed, **settings)
