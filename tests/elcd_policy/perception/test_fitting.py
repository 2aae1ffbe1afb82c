"""What training refuses."""

from __future__ import annotations

import pytest

from elcd_policy.errors import ParameterError, TrainingError
from elcd_policy.perception import DetectorSettings, GoalDetector, fit_detector, nais_net

from .conftest import CAMERA, PLANE, squares


@pytest.mark.parametrize("name", ["epochs", "batch", "rate"])
def test_settings_out_of_range_are_named(name: str) -> None:
    with pytest.raises(ParameterError, match=f"'{name}' is out of range: got 0"):
        DetectorSettings(**{name: 0})


def test_a_loss_that_is_no_number_ends_it() -> None:
    images, places = squares(16, 0)
    detector = GoalDetector(nais_net(channels=2, depth=1), CAMERA, PLANE)
    detector.nothing.data.fill_(float("nan"))
    with pytest.raises(TrainingError, match="has come apart: got a loss of nan"):
        fit_detector(detector, CAMERA, images, places, progress=False)
