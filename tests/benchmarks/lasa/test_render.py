"""The page: the same results give the same bytes, and every figure is theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import TrainingSettings
from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.lasa import render
from elcd_policy_benchmarks.store import append_record

TICK = {
    "field": "elcd",
    "rounds": 200,
    "rows": [
        {
            "dimension": 2,
            "runtime": "TorchScript",
            "policy_us": 120.0,
            "plain_us": 12.0,
            "ratio": 10.0,
            "numpy_us": 140.0,
            "batch_per_s": 500_000,
            "plain_batch_per_s": 5_000_000,
        }
    ],
    "versions": {"torch": "2.13"},
    "machine": {"cpu": "a processor", "cores": 2, "system": "Linux"},
}

PUSHED = [
    {"phase": 0.2, "side": -1, "time": 0.5, "distance": 10.0},
    {"phase": 0.2, "side": 1, "time": 1.5, "distance": 30.0},
    {"phase": 0.4, "side": 1, "time": None, "distance": None},
]
COST = {
    "field": "elcd",
    "settings": asdict(TrainingSettings()),
    "rows": [
        {"dimension": 2, "samples": 7000, "cpu_s": 10.0},
        {"dimension": 4, "samples": 7000, "cpu_s": 12.0},
        {"dimension": 2, "samples": 700, "cpu_s": 9.0},
    ],
    "code": None,
    "beside": [{"shape": "Angle", "cpu_s": 10.0, "eflow_cpu_s": 40.0}],
    "versions": TICK["versions"],
    "machine": TICK["machine"],
}


@pytest.fixture
def results(record: Callable, tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    for method, dtw in (("elcd", 0.8), ("eflow", 1.6), ("mean", 1.4), ("best", 1.3)):
        append_record(folder / "lasa.jsonl", record(method, dtw=dtw))
        for shown in (1, 2, 3):
            line = record(method, protocol="c", shown=shown, dtw=dtw + 1 / shown)
            append_record(folder / "lasa.jsonl", line)
    for method, dtw in (("elcd", 1.2), ("mean", 1.5)):
        append_record(folder / "lasa.jsonl", record(method, protocol="e", dtw=dtw))
    arrows = np.tile([1.0, -1.0], 24 * 24)
    drawing = {"box": [[-50, -10], [10, 40]], "velocity": arrows.tolist()}
    drawing["rollouts"] = [[[-40, 30], [0, 0]]]
    lines = [
        record("elcd", protocol="b", shown=7, drawing=drawing),
        {k: v for k, v in record("elcd", "heee", error="it broke").items() if k != "scores"},
    ]
    for line in lines:
        append_record(folder / "lasa.jsonl", line)
    pushes = {"half_width": 2.0, "size": 6.0, "duration": 4.0, "left_out": 3}
    pushes["rows"] = PUSHED
    for rate in (TrainingSettings().return_rate, 16.0):
        settings = {**asdict(TrainingSettings()), "return_rate": rate}
        line = record("elcd", pushes=pushes, settings=settings, settings_hash=str(rate))
        append_record(folder / "settings.jsonl", line)
    append_record(folder / "cost.jsonl", COST)
    append_record(folder / "lasa.jsonl", record("elcd", dtw=0.8, pushes=pushes))
    append_record(folder / "tick.jsonl", {**TICK, "rounds": 1})
    append_record(folder / "tick.jsonl", TICK)
    return folder


def test_the_page_says_what_the_results_say(results: Path, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "benchmarks.md"
    names = ("lasa_fields.png", "lasa_shown.png", "settings.png", "cost.png")
    images = [page.parent / "images" / name for name in names]
    assert render(results, page) == [page, *images]
    text = page.read_text()
    for line in (
        "| mean DTW unseen at most half EFlow's | 0.80 / 1.60 mm = 0.50 (1 of 26 shapes) | ",
        "field's mean DTW is 0.57 in (a) and 0.80 in (e).",
        "| EFlow | 2.60 | 2.10 | 1.93 | 1.60 |",
        "| TorchScript, 2-D | 120 | 12.0 | 10.0 | 140 | 0.50 | 5.00 |",
        "| ELCD field | 1 x 1 | 1.00 | 25.0 / 38 | 20.0 | 1 of 3 | 0.80 | 3.00 |",
        "is 2.0 to\n2.0 mm in these shapes",
        "| the defaults | 1 x 1 | 1.00 | 25.0 / 38 | 20.0 | 1 of 3 | 1.00 | 3.00 |",
        "| return_rate 16 | 1 x 1 | 1.00 |",
        "(half-widths: Line 2.0 mm)",
        "| 4 | 7000 | 12.0 |",
        "| Angle | 10.0 | 40.0 | 0.25 |",
        "path, 3 of 6, are left out",
        "(ELCD field, the defaults of `elcd train`)",
        "| Line | 1.40, 3.0 | 1.30, 3.0 | 1.60, 3.0 | 0.80, 3.0 |",
        "- Failed: protocol a, heee, elcd, seed 0, 4 shown: it broke",
        "the fastest of 200 rounds of 20 calls",
        "width 64 (**not** the defaults",
        "over 1 shapes: half of EFlow's mean DTW is 0.80 mm.",
        "the best shown demonstration, chosen with hindsight, 1.30 mm",
        "- EFlow: width 64; checkout abc.",
        "- Measured on: a processor, 2 cores, Linux; python 3.11.",
        "![The learned vector fields of the LASA shapes](images/lasa_fields.png)",
    ):
        assert line in text
    for image in images:
        assert image.read_bytes().startswith(b"\x89PNG\r\n")


def test_times_of_another_processor_are_told(results: Path, tmp_path: Path) -> None:
    (page, *_) = render(results, tmp_path / "page.md")
    assert "They are not of one machine" not in page.read_text()
    stored = (results / "lasa.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in stored]
    for line in lines:
        line["machine"] = {**line["machine"], "cpu": f"{line['method']}'s processor"}
    (results / "lasa.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    (page, *_) = render(results, tmp_path / "page.md")
    said = "They are not of one machine: EFlow's on eflow's processor,\nthe ELCD field's on elcd's"
    assert page.read_text().count(said) == 1


def test_the_same_results_give_the_same_page(results: Path, tmp_path: Path) -> None:
    first, second = (render(results, tmp_path / name / "page.md") for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_without_a_drawing_or_ticks_there_is_a_page(record: Callable, tmp_path: Path) -> None:
    append_record(tmp_path / "results" / "lasa.jsonl", record())
    page = tmp_path / "page.md"
    assert render(tmp_path / "results", page) == [page]
    assert "## Control tick" not in page.read_text()
    assert "](images" not in page.read_text()


def test_without_results_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"no results in .*run elcd benchmark lasa first"):
        render(tmp_path, tmp_path / "page.md")
    assert list(tmp_path.iterdir()) == []


def test_a_mixture_of_training_codes_is_said(record: Callable, tmp_path: Path) -> None:
    path, page = tmp_path / "results" / "lasa.jsonl", tmp_path / "page.md"
    for shape, code in (("Angle", {}), ("Line", {"code": "a1"}), ("Worm", {"code": "b2"})):
        append_record(path, record("elcd", shape, **code))
        append_record(path, record("eflow", shape))
    render(path.parent, page)
    mixed = "**Mixed: 2 runs of the ELCD field are of other training code than its last one.**"
    assert mixed in page.read_text()
    assert "training code a1, b2, unknown (**not** this version's)." in page.read_text()
    for shape in ("Angle", "Line"):
        append_record(path, record("elcd", shape, code="b2"))
    render(path.parent, page)
    assert "Mixed" not in page.read_text()


def test_fields_are_compared_and_unlike_sets_of_shapes_are_said(
    record: Callable, tmp_path: Path
) -> None:
    path, page = tmp_path / "results" / "lasa.jsonl", tmp_path / "page.md"
    for method, shape, dtw in (
        ("elcd", "Line", 2.0),
        ("monotone", "Line", 3.0),
        ("elcd", "Worm", 9.0),
    ):
        append_record(path, record(method, shape, dtw=dtw))
    render(path.parent, page)
    text = page.read_text().replace("\n", " ")
    assert "Over 1 shapes the mean DTW unseen of the ELCD field" in text
    assert "is 2.00 mm; that of the monotone field" in text
    assert "every pair of trajectories, 3.00 mm." in text
    unlike = "Not all methods were run on all shapes"
    assert unlike in text
    append_record(path, record("monotone", "Worm"))
    render(path.parent, page)
    assert unlike not in page.read_text()
