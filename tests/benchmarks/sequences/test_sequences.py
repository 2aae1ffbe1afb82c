"""The benchmark of sequence models: small runs of its parts, and the tables they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from elcd_policy.errors import ElcdError
from elcd_policy.sequence import LipschitzRNN
from elcd_policy_benchmarks.harness import facts, run_jobs
from elcd_policy_benchmarks.sequences import speed
from elcd_policy_benchmarks.sequences.models import (
    BUDGET,
    MODELS,
    build_seeded,
    hidden_size,
    parameters,
)
from elcd_policy_benchmarks.sequences.subject import jobs, run, tables
from elcd_policy_benchmarks.sequences.tasks import load_task
from elcd_policy_benchmarks.store import load_records

MACHINE = {
    "versions": {"python": "3"},
    "machine": {"cpu": "a machine", "cores": 2, "system": "Linux"},
}


@pytest.mark.extras
@pytest.mark.parametrize("name", MODELS)
def test_models_are_of_one_size_and_one_seed_gives_one_model(name: str) -> None:
    model = build_seeded(name, 1, 10, 0.3, 0)
    assert abs(parameters(model.recurrent) - BUDGET) < 0.03 * BUDGET
    x = torch.randn(5, 3, 1)
    assert model(x).shape == (3, 10)
    torch.testing.assert_close(build_seeded(name, 1, 10, 0.3, 0)(x), model(x))
    assert model.hidden == hidden_size(name, 1)


@pytest.mark.extras
def test_digits_are_split_once_and_for_all() -> None:
    task = load_task("digits")
    assert (task.x.shape, task.x_test.shape) == ((64, 1438, 1), (64, 359, 1))
    assert (task.classes, float(task.x.min()), float(task.x.max())) == (10, 0.0, 1.0)
    assert load_task("mnist1d").x.shape == (40, 4000, 1)


@pytest.mark.extras
def test_models_are_scored_with_and_without_noise(tmp_path: Path) -> None:
    output = tmp_path / "sequences.jsonl"
    planned = jobs(parts=["digits"], models=["Lipschitz RNN", "LSTM"], seeds=[0], epochs=1)
    for ran in (2, 0):
        outcome = run_jobs(planned, run, facts, output, progress=False)
        assert (outcome.ran, outcome.failures) == (ran, [])
    records = load_records(tmp_path, "sequences")
    first = next(record for record in records if record["model"] == "Lipschitz RNN")
    assert 0.1 <= first["accuracy"] <= 1.0
    assert len(first["white"]) == 3
    found = tables(records)
    assert f"| Lipschitz RNN | 67 | 9,792 | {100 * first['accuracy']:.1f} |" in found["digits"]
    assert found["digits runs"] == "1 epochs, seed 0 only"


@pytest.mark.extras
def test_curvature_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from elcd_policy_benchmarks.sequences import scores

    monkeypatch.setattr(scores, "CURVATURE_STEPS", 2)
    monkeypatch.setattr(scores, "CURVATURE_SAMPLES", 8)
    (job,) = jobs(parts=["curvature"], models=["LSTM"], epochs=1)
    result = run(job)
    assert result["loss"] > 0
    assert result["largest"] != 0


def test_gestures_and_the_served_classifier_are_scored(tmp_path: Path) -> None:
    output = tmp_path / "sequences.jsonl"
    planned = [
        *jobs(parts=["lasa"], models=["Lipschitz RNN"], seeds=[0], epochs=1),
        *jobs(parts=["skills"], epochs=1),
    ]
    assert run_jobs(planned, run, facts, output, progress=False).failures == []
    records = load_records(tmp_path, "sequences")
    served = next(record for record in records if record["part"] == "skills")
    assert len(served["accuracy"]) == len(served["shares"]) == 20
    assert served["certificate"]["stable"] is True
    slow, fast = served["named"]
    assert (slow["speed"], fast["speed"], slow["motions"]) == (1.0, 1.6, 60)
    assert slow["right"] + slow["wrong"] <= 60
    found = tables(records)
    assert found["skills"].splitlines()[2].startswith("| 1 | ")
    assert f"| 1.6 x | 60 | {fast['right']} | {fast['wrong']} |" in found["skills naming"]
    assert "| Lipschitz RNN | 21,488 | " in found["gestures"]
    assert found["naming rule"] == "a probability of 0.9 for 0.3 s"


def test_targets_say_which_bars_are_missed() -> None:
    def row(layer: str, s: float) -> dict[str, Any]:
        return {"layer": layer, "s": s, "of_rnn": s, "of_lstm": s / 8, "mb": 100.0}

    record = {
        "part": "speed",
        "rows": [
            row("torch.nn.RNN", 1.0),
            row("torch.nn.LSTM", 8.0),
            row("Lipschitz RNN", 0.4),
            row("Lipschitz RNN, RK2", 0.7),
        ],
        "stream_us": {
            "1": {"torch.nn.LSTMCell": 10.0, "Lipschitz RNN": 9.0, "Lipschitz RNN, RK2": 12.0}
        },
        **MACHINE,
    }
    found = tables([record])
    text = found["speed targets"]
    assert "2 met, 1 missed, 0 open." in text
    assert "| 0.40 | **missed** ([why](#why-rnn-euler)) |" in text
    assert "| 0.70, 1.75 times Euler's | met |" in text
    assert "| 0.90 of it (RK2 1.20) | met |" in text
    assert "| Lipschitz RNN | 9.0 |" in found["stream"]
    assert tables([])["speed targets"].startswith("0 met, 0 missed, 3 open.")


def test_losses_are_counted_against_those_that_have_learned() -> None:
    def record(model: str, accuracy: float, noisy: float, seed: int = 0) -> dict[str, Any]:
        row = {"part": "digits", "model": model, "seed": seed, "epochs": 1, "accuracy": accuracy}
        row |= {"hidden": 8, "parameters": 100, "cpu_s": 1.0, "white": [noisy] * 3}
        return row | {"salt": [noisy] * 3, "weights": [noisy] * 3, **MACHINE}

    found = tables(
        [
            record("Lipschitz RNN", 0.9, 0.7),
            record("Lipschitz RNN", 0.8, 0.6, seed=1),
            record("GRU", 0.9, 0.6),
            record("LSTM", 0.8, 0.7),
            record("coRNN", 0.1, 0.1),  # has learned nothing, so has nothing to lose
        ]
    )
    assert "| white noise | 20.0 (less than 1 of 2) |" in found["digits losses"]
    assert "| 85.0 (80.0 to 90.0) |" in found["digits"]
    assert found["digits runs"] == "1 epochs, mean over seeds 0, 1"
    assert found["mnist1d losses"] == "Not run."


def test_the_plain_loop_that_speed_is_held_against_is_the_same_network() -> None:
    torch.manual_seed(0)
    naive = speed.NaiveLoop()
    assert isinstance(naive.inner, LipschitzRNN)
    x = torch.randn(4, 2, 1)
    torch.testing.assert_close(naive(x), naive.inner(x))


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    load_task.cache_clear()
    planned = jobs(parts=["digits"], models=["coRNN"])
    with pytest.raises(ElcdError, match=r"elcd_policy\[benchmarks\]"):
        run_jobs(planned, run, facts, tmp_path / "r.jsonl", progress=False)
