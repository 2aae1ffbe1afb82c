"""Pictures of a bright square on a dark table, and a detector that has learned to find it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from elcd_policy.perception import Camera, DetectorSettings, GoalDetector, fit_detector, nais_net

CAMERA = Camera((1.2, 0.0, 0.9), (0.5, 0.0, 0.0), 40.0, 36, 36)
PLANE = 0.02


def squares(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Pictures [N, 36, 36, 3] and places [N, 3]; every sixth shows nothing."""
    random = np.random.default_rng(seed)
    places = np.column_stack(
        [random.uniform(0.4, 0.6, count), random.uniform(-0.15, 0.15, count), np.full(count, PLANE)]
    )
    images = random.integers(0, 60, (count, 36, 36, 3)).astype(np.uint8)
    v, u = np.mgrid[:36, :36] + 0.5
    for image, pixel in zip(images, CAMERA.project(places), strict=True):
        inside = (np.abs(u - pixel[0]) < 2) & (np.abs(v - pixel[1]) < 2)
        image[inside] = (230, 40, 40)
    nothing = np.arange(count) % 6 == 5
    images[nothing] = random.integers(0, 60, (int(nothing.sum()), 36, 36, 3))
    places[nothing] = np.nan
    return images, places


@pytest.fixture(scope="session")
def detector() -> GoalDetector:
    """Trained for a few seconds."""
    torch.manual_seed(0)
    images, places = squares(240, 0)
    return fit_detector(
        GoalDetector(nais_net(channels=6, depth=3), CAMERA, PLANE),
        CAMERA,
        images,
        places,
        DetectorSettings(epochs=8, rate=1e-2, batch=16),
        progress=False,
    )
