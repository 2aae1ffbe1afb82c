"""Bars: met only by all runs, missed by any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from elcd_policy_benchmarks.lasa.summary import Results
from elcd_policy_benchmarks.lasa.targets import targets
from elcd_policy_benchmarks.page import Target

SHAPES = [f"S{number:02}" for number in range(26)]
MULTIPLE = [f"Multi_Models_{number}" for number in (1, 2, 3, 4)]


@pytest.fixture
def complete(record: Callable) -> list[dict[str, Any]]:
    """All runs, just good enough for every bar but the tick's."""
    every = [(shape, seed) for shape in SHAPES + MULTIPLE for seed in (0, 1, 2)]
    records = [record("elcd", *run, dtw=1.0, rmse=2.0) for run in every]
    records += [record("monotone", *run, dtw=1.2, rmse=2.2) for run in every]
    records += [record("eflow", *run, dtw=2.0, rmse=4.0, cpu_s=60.0) for run in every]
    return records + [
        record(field, *run, part="b", shown=7) for field in ("elcd", "monotone") for run in every
    ]


def verdicts(records: list[dict[str, Any]]) -> dict[str, Target]:
    # As `load_records`: of each job the last.
    last = {tuple(r[k] for k in ("part", "shape", "method", "seed")): r for r in records}
    return {target.name: target for target in targets(Results(list(last.values())))}


def missed(records: list[dict[str, Any]]) -> set[str]:
    return {name for name, target in verdicts(records).items() if target.met is False}


def test_nothing_run_is_all_open() -> None:
    judged = targets(Results([]))
    assert {(target.met, target.measured) for target in judged} == {(None, "not run")}
    assert len({target.name for target in judged}) == len(judged) == 11


def test_everything_good_is_met(complete: list) -> None:
    found = verdicts(complete)
    assert {target.met for target in found.values()} == {True}
    assert found["mean-dtw"].measured == "1.00 / 2.00 mm = 0.50"


def test_a_part_can_be_missed_but_not_met(complete: list) -> None:
    found = verdicts([record for record in complete if record["shape"] == "S00"])
    assert {target.verdict for target in found.values()} == {"open"}
    some = found["mean-rmse"]
    assert (some.verdict, some.measured) == ("open", "2.00 / 4.00 mm = 0.50 (1 of 26 shapes)")
    assert verdicts(complete[:1])["worst-dtw"].met is None


def test_the_peer_needs_its_seeds_too(complete: list) -> None:
    once = [r for r in complete if r["method"] != "eflow" or r["seed"] == 0]
    assert verdicts(once)["mean-dtw"].met is None


def test_a_mean_over_some_shapes_misses_nothing(complete: list) -> None:
    some = [r for r in complete if r["shape"] in SHAPES[:5]]
    worse = [{**r, "scores": [{**s, "dtw": 9.0} for s in r["scores"]]} for r in some[:3]]
    found = verdicts([*some, *worse])
    assert found["mean-dtw"].met is None
    assert found["every-dtw"].met is False


def test_one_seed_above_3_mm_misses(complete: list, record: Callable) -> None:
    one = record("elcd", "S03", 1, dtw=3.01, rmse=2.0)
    assert missed([*complete, one]) == {"worst-dtw", "mean-dtw"}
    # Not so a shape of several patterns.
    assert missed([*complete, record("elcd", MULTIPLE[0], 1, dtw=99.0, rmse=99.0)]) == set()


def test_one_shape_worse_than_the_peer_misses(complete: list, record: Callable) -> None:
    worse = [record("eflow", "S05", seed, dtw=0.9, rmse=4.0, cpu_s=60.0) for seed in (0, 1, 2)]
    found = verdicts([*complete, *worse])
    assert found["every-dtw"].measured == ("largest 1.11 (S05), 1 above")
    assert found["every-dtw"].met is False


def test_one_start_that_does_not_converge_misses(complete: list, record: Callable) -> None:
    astray = record("monotone", "S07", 2, part="b", shown=7, converged=255 / 256)
    assert missed([*complete, astray]) == {"converged"}


def test_the_rest_of_the_bars(complete: list, record: Callable) -> None:
    slow = record("elcd", "S01", 0, part="b", shown=7, cpu_s=15.2)
    assert missed([*complete, slow]) == {"cpu"}
    weak = record("elcd", "S01", 0, rmse=2.0, rate_times_duration=0.5)
    assert missed([*complete, weak]) == {"guaranteed-rate"}
    poor = [record("monotone", shape, s, dtw=1.3) for shape in SHAPES for s in (0, 1, 2)]
    assert missed([*complete, *poor]) == {"fields"}


def test_runs_of_several_training_codes_leave_a_bar_open(complete: list) -> None:
    *_, last = [n for n, r in enumerate(complete) if (r["part"], r["method"]) == ("a", "elcd")]
    complete[last] = {**complete[last], "shape": "S25", "code": "another"}
    found = verdicts(complete)
    open_ones = {name for name, target in found.items() if target.met is None}
    assert "mean-dtw" in open_ones
    assert "converged" in open_ones
    assert found["cpu"].met is True  # of (b) alone
    assert "another" in found["mean-dtw"].measured


def test_a_bar_of_another_training_code_says_so(complete: list) -> None:
    older = [{**r, "code": "b2"} if "code" in r else r for r in complete]
    found = verdicts(older)
    assert {target.met for target in found.values()} == {True}
    assert all(target.measured.endswith(" (code b2)") for target in found.values())
