"""``elcd benchmark perception``: what it measures, and the page of the stored results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pybullet")

from elcd_policy.cli.main import main
from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.perception import command as benchmark
from elcd_policy_benchmarks.perception.page import render

ROOT = Path(__file__).parents[3]
STORED, PAGE = ROOT / "benchmarks/results/perception.jsonl", ROOT / "docs/perception.md"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"EMPTY": 3, "NOISE": (0.0, 40.0), "DEEPER": (1, 4), "CAP": 9}.items():
        monkeypatch.setattr(benchmark, name, value)


def test_a_detector_is_measured_and_stored(
    small: None, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    output = tmp_path / "perception.jsonl"
    words = ["goal", "--scenes", "20", "--output", str(output), "--json"]
    assert main(["benchmark", "perception", *words]) == 0
    record = json.loads(output.read_text())
    assert json.loads(capsys.readouterr().out)["records"] == [record]
    (row,) = record["rows"]
    assert row["net"] == "nais"
    assert row["noise"]["0"]["median_mm"] < 4.0
    assert row["noise"]["0"]["p95_mm"] < row["noise"]["40"]["p95_mm"]
    assert row["depth"] == 5
    assert row["deeper"]["1"]["found"] > 0.8
    assert all(0 < steps <= 9 for block in row["steps_5_50_95"] for steps in block)
    assert 0.0 <= row["imagined"] <= 1.0


def test_the_page_says_what_is_stored(tmp_path: Path) -> None:
    page, *pictures = render(STORED, tmp_path / "perception.md")
    text = page.read_text()
    assert text == PAGE.read_text(), "elcd benchmark perception render"
    assert all(f"images/{picture.name}" in text for picture in pictures)
    assert all(picture.is_file() for picture in pictures)


def test_without_results_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"no results in .*: expected both parts"):
        render(tmp_path / "none.jsonl", tmp_path / "page.md")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["goal", "--scenes", "0"], "too few scenes: got 0"),
        (["goal", "--detectors", "/nowhere.pt"], "no detector file at /nowhere.pt"),
        (["digits", "--seeds", "a"], "seeds are not numbers: got 'a'"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(["benchmark", "perception", *words]) == 2
    assert message in capsys.readouterr().err
