"""From scores to a place: exact where the scores are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from elcd_policy.errors import ShapeError
from elcd_policy.perception import DetectorSettings, GoalDetector, fit_detector, nais_net, plain_cnn

from .conftest import CAMERA, PLANE, squares

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


class Known(nn.Module):
    """Gives the same scores for every image."""

    def __init__(self, scores: Tensor) -> None:
        super().__init__()
        self.scores = nn.Parameter(scores)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores.expand(x.size(0), 1, -1, -1)


def seen(scores: Tensor) -> tuple[np.ndarray, float]:
    detector = GoalDetector(Known(scores), CAMERA, PLANE)
    position, confidence = detector(torch.zeros(1, 36, 36, 3, dtype=torch.uint8))
    return position[0].detach().numpy(), float(confidence[0].detach())


def test_one_cell_is_its_middle() -> None:
    scores = torch.full((12, 12), -20.0)
    scores[4, 7] = 12.0
    position, confidence = seen(scores)
    pixel = CAMERA.project(position)
    np.testing.assert_allclose(pixel, [3 * 7 + 1.5, 3 * 4 + 1.5], atol=1e-3)
    assert position[2] == pytest.approx(PLANE)
    assert confidence == pytest.approx(1.0, abs=1e-4)


def test_neighbours_are_averaged() -> None:
    scores = torch.full((12, 12), -20.0)
    scores[4, 7] = scores[4, 8] = 12.0
    np.testing.assert_allclose(CAMERA.project(seen(scores)[0]), [25.5 - 1.5, 13.5], atol=1e-3)


def test_two_places_far_apart_are_a_doubt_and_not_their_middle() -> None:
    scores = torch.full((12, 12), -20.0)
    scores[2, 2], scores[9, 9] = 12.1, 12.0
    position, confidence = seen(scores)
    np.testing.assert_allclose(CAMERA.project(position), [7.5, 7.5], atol=1e-3)
    assert confidence == pytest.approx(1 / (1 + np.exp(-0.1)), abs=1e-3)


def test_low_scores_are_nothing() -> None:
    assert seen(torch.full((12, 12), -20.0))[1] < 1e-6


def test_it_finds_what_it_has_learned(detector: GoalDetector) -> None:
    images, places = squares(120, 1)
    with torch.no_grad():
        position, confidence = detector(torch.from_numpy(images))
    visible = np.isfinite(places[:, 0])
    off = np.linalg.norm(position.numpy() - places, axis=1)[visible]
    assert np.median(off) < 0.016  # m; a pixel is 23 mm wide there
    assert float((confidence[visible] > 0.5).float().mean()) > 0.9
    assert float((confidence[~visible] > 0.5).float().mean()) < 0.1


def test_training_is_seeded(detector: GoalDetector) -> None:
    def once() -> Tensor:
        torch.manual_seed(0)
        again = GoalDetector(nais_net(channels=4, depth=2), CAMERA, PLANE)
        quick = DetectorSettings(epochs=1)
        fit_detector(again, CAMERA, *squares(20, 0), quick, seed=3, progress=False)
        return torch.nn.utils.parameters_to_vector(again.parameters())

    assert torch.equal(once(), once())


def test_a_scripted_detector_is_the_same(detector: GoalDetector) -> None:
    images = torch.randint(0, 256, (3, 36, 36, 3), dtype=torch.uint8)
    for ours, theirs in zip(detector(images), torch.jit.script(detector)(images), strict=True):
        torch.testing.assert_close(theirs, ours)


def test_another_size_is_refused(detector: GoalDetector) -> None:
    with pytest.raises(ShapeError, match=r"got \[1, 3, 36, 36\], expected \[N, 36, 36, 3\]"):
        detector(torch.zeros(1, 3, 36, 36))


def test_the_two_nets_are_of_one_size() -> None:
    sizes = [sum(p.numel() for p in net().parameters()) for net in (nais_net, plain_cnn)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)
