"""The detector that comes with the package, and the command that made it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from elcd_policy.cli.main import main
from elcd_policy.errors import ParameterError
from elcd_policy.perception import load_detector
from elcd_policy_sim import load_robot
from elcd_policy_sim.vision.compress_detector import compress
from elcd_policy_sim.vision.detector_training import DETECTOR, measure_errors, train_detector
from elcd_policy_sim.vision.table_camera import CAMERA
from elcd_policy_sim.vision.table_scene import LOWER, PLANE, UPPER
from elcd_policy_sim.vision.training_images import render_training_images


def run_detector(*words: str) -> int:
    return main(["detector", *words])


def test_the_packages_detector_finds_the_box(engine: str) -> None:
    loaded = load_detector(DETECTOR)
    facts = loaded.metadata
    assert (facts.camera, facts.plane, facts.lower, facts.upper) == (CAMERA, PLANE, LOWER, UPPER)
    assert facts.certificate is not None
    assert facts.certificate["holds"] is True
    assert DETECTOR.stat().st_size < 300_000
    images, places = render_training_images(
        load_robot("panda"), 40, 77, progress=False, engine=engine
    )
    found = measure_errors(loaded.module, images, places)
    assert found["median_mm"] < 4.0
    assert found["found"] > 0.9
    blurred = measure_errors(loaded.module, images, places, noise=20.0)
    assert found["median_mm"] < blurred["median_mm"] < 10.0


def test_a_small_one_is_trained_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(train_detector.__kwdefaults__, "held_out", 5)
    file = tmp_path / "detector.pt"
    assert (
        run_detector("-o", str(file), "--scenes", "6", "--epochs", "1", "--net", "cnn", "--json")
        == 0
    )
    printed = json.loads(capsys.readouterr().out)
    facts = load_detector(file).metadata
    assert printed["scenes"] == facts.training["scenes"] == 6
    assert facts.certificate is None  # a plain CNN has none
    assert load_detector(file).locate(np.zeros((96, 96, 3), np.uint8)).position[2] == (
        pytest.approx(PLANE)
    )


def test_errors_count_where_the_detector_is_confident() -> None:
    class Known(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            where = torch.tensor([[0.5, 0.0, 0.0], [0.5, 0.01, 0.0], [0.5, 0.3, 0.0], [0, 0, 0.0]])
            return where, torch.tensor([0.9, 0.9, 0.1, 0.8])

    places = np.array([[0.5, 0, 0]] * 3 + [[np.nan] * 3], dtype=np.float32)
    found = measure_errors(Known(), np.zeros((4, 2, 2, 3), np.uint8), places)  # type: ignore[arg-type]
    assert found["median_mm"] == pytest.approx(5.0)
    assert found["max_mm"] == pytest.approx(10.0)
    assert found["all_median_mm"] == pytest.approx(10.0)
    assert found["found"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["false_positive"] == 1.0


def test_no_scenes_are_refused() -> None:
    with pytest.raises(ParameterError, match="too few scenes: got 0"):
        train_detector(load_robot("panda"), scenes=0)


def test_the_packages_detector_is_compressed(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(compress.__kwdefaults__, "held_out", 12)
    small = tmp_path / "small.elcdz"
    words = ["compress", str(DETECTOR), "scenes:12", "-o", str(small), "--steps", "4", "--json"]
    assert main(words) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "certified"
    assert answer["weight_bytes_before"] > 7 * answer["weight_bytes_after"]
    assert answer["before"]["median_mm"] < 4.0
    facts = load_detector(small).metadata
    assert facts.training["compressed"]["scenes"] == 12
    assert facts.training["held_out"]["median_mm"] == answer["after"]["median_mm"]
    assert facts.certificate is not None
    assert facts.certificate["holds"] is True
    assert main([*words[:2], "pictures", *words[3:]]) == 2
    assert "got pictures, expected scenes:1000" in capsys.readouterr().err
