"""Bars: met only by all runs, missed by any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from elcd_policy_benchmarks.lasa.reasons import REASONS, reasons
from elcd_policy_benchmarks.lasa.summary import Results
from elcd_policy_benchmarks.lasa.targets import Target, counts, targets

SHAPES = [f"S{number:02}" for number in range(26)]
MULTIPLE = [f"Multi_Models_{number}" for number in (1, 2, 3, 4)]
TICKS = {"rows": [{"dimension": 2, "runtime": "TorchScript", "ratio": 9.0}]}
COST = {"code": None, "beside": [{"shape": "Angle", "cpu_s": 10.0, "eflow_cpu_s": 40.0}]}


@pytest.fixture
def complete(record: Callable) -> list[dict[str, Any]]:
    """All runs, just good enough for every bar but the tick's."""
    every = [(shape, seed) for shape in SHAPES + MULTIPLE for seed in (0, 1, 2)]
    records = [record("elcd", *run, dtw=1.0, rmse=2.0) for run in every]
    records += [record("monotone", *run, dtw=1.2, rmse=2.2) for run in every]
    records += [record("eflow", *run, dtw=2.0, rmse=4.0, cpu_s=60.0) for run in every]
    return records + [
        record(field, *run, protocol="b", shown=7)
        for field in ("elcd", "monotone")
        for run in every
    ]


def verdicts(records: list[dict[str, Any]], ticks: Any = TICKS) -> dict[str, Target]:
    return {target.text: target for target in targets(Results(records), ticks, COST)}


def changed(records: list[dict[str, Any]], texts: set[str]) -> None:
    """Assert that exactly the bars that begin so are not met."""
    missed = {text for text, target in verdicts(records).items() if target.verdict == "missed"}
    tick = "the same at most 5 x in the best deployable runtime"
    assert {next((t for t in texts if m.startswith(t)), m) for m in missed - {tick}} == texts


def test_nothing_run_is_all_open() -> None:
    judged = targets(Results([]), None, None)
    assert counts(judged) == f"0 met, 0 missed, {len(judged)} open"
    assert {target.measured for target in judged} == {"not run"}


def test_everything_good_is_met(complete: list) -> None:
    found = verdicts(complete)
    assert counts(list(found.values())) == "13 met, 1 missed, 0 open"
    assert found["mean DTW unseen at most half EFlow's"].measured == "1.00 / 2.00 mm = 0.50"
    changed(complete, set())


def test_a_part_can_be_missed_but_not_met(complete: list) -> None:
    found = verdicts([record for record in complete if record["shape"] == "S00"])
    assert {target.verdict for target in found.values()} == {"open", "met", "missed"}
    some = found["mean RMSE unseen at most 0.65 of EFlow's"]
    assert (some.verdict, some.measured) == ("open", "2.00 / 4.00 mm = 0.50 (1 of 26 shapes)")
    assert verdicts(complete[:1])["no shape above 3 mm DTW unseen, whatever the seed"].met is None


def test_the_peer_needs_its_seeds_too(complete: list) -> None:
    once = [r for r in complete if r["method"] != "eflow" or r["seed"] == 0]
    assert verdicts(once)["mean DTW unseen at most half EFlow's"].verdict == "open"


def test_a_mean_over_some_shapes_misses_nothing(complete: list) -> None:
    some = [r for r in complete if r["shape"] in SHAPES[:5]]
    worse = [{**r, "scores": [{**s, "dtw": 9.0} for s in r["scores"]]} for r in some[:3]]
    found = verdicts([*some, *worse])
    assert found["mean DTW unseen at most half EFlow's"].verdict == "open"
    assert found["no shape's DTW unseen above 1.1 of EFlow's"].verdict == "missed"


def test_one_seed_above_3_mm_misses(complete: list, record: Callable) -> None:
    changed(
        [*complete, record("elcd", "S03", 1, dtw=3.01, rmse=2.0)],
        {"no shape above 3 mm", "mean DTW"},
    )
    # Not so a shape of several patterns.
    changed([*complete, record("elcd", MULTIPLE[0], 1, dtw=99.0, rmse=99.0)], set())


def test_one_shape_worse_than_the_peer_misses(complete: list, record: Callable) -> None:
    worse = [record("eflow", "S05", seed, dtw=0.9, rmse=4.0, cpu_s=60.0) for seed in (0, 1, 2)]
    found = verdicts([*complete, *worse])
    assert found["no shape's DTW unseen above 1.1 of EFlow's"].measured == (
        "largest 1.11 (S05), 1 above"
    )
    assert found["no shape's DTW unseen above 1.1 of EFlow's"].verdict == "missed"


def test_one_start_that_does_not_converge_misses(complete: list, record: Callable) -> None:
    astray = record("monotone", "S07", 2, protocol="b", shown=7, converged=255 / 256)
    changed([*complete, astray], {"100 % of the grid"})


def test_the_rest_of_the_bars(complete: list, record: Callable) -> None:
    slow = record("elcd", "S01", 0, protocol="b", shown=7, cpu_s=15.2)
    changed([*complete, slow], {"training one shape"})
    weak = record("elcd", "S01", 0, rmse=2.0, rate_times_duration=0.5)
    changed([*complete, weak], {"guaranteed rate"})
    poor = [record("monotone", shape, s, dtw=1.3) for shape in SHAPES for s in (0, 1, 2)]
    changed([*complete, *poor], {"the monotone field's"})


def test_the_best_runtime_counts(complete: list) -> None:
    rows = [*TICKS["rows"], {"dimension": 2, "runtime": "ONNX", "ratio": 4.0}]
    best = verdicts(complete, {"rows": rows})["the same at most 5 x in the best deployable runtime"]
    assert (best.measured, best.verdict) == ("4.0 x (ONNX)", "met")
    *_, beside, first, second = targets(Results(complete), None, None)
    assert {target.verdict for target in (beside, first, second)} == {"open"}


def test_training_is_timed_beside_the_peers(complete: list) -> None:
    text = "training in fewer CPU seconds than EFlow's, by turns in one run"
    assert verdicts(complete)[text] == Target(text, "10.0 / 40.0 s = 0.25 (1 shapes)", True)


def test_runs_of_other_training_code_leave_all_open_but_what_is_timed(complete: list) -> None:
    complete[-1] = {**complete[-1], "code": "another"}
    *of_runs, beside, first_tick, second_tick = verdicts(complete).values()
    assert {target.verdict for target in of_runs} == {"open"}
    assert [t.verdict for t in (beside, first_tick, second_tick)] == ["met", "met", "missed"]


def test_what_is_missed_has_its_reason(complete: list) -> None:
    judged = list(verdicts(complete).values())
    (missed,) = [target for target in judged if target.verdict == "missed"]
    text = reasons(judged)
    assert text.count("\n- ") == 1
    assert f"- *{missed.text}*: " in text
    assert reasons([target for target in judged if target is not missed]) == ""
    assert all(any(target.text.startswith(start) for target in judged) for start in REASONS)
