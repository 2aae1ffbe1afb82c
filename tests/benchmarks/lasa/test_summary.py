"""Figures from records: which ones count, and how they are averaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from elcd_policy import TrainingSettings
from elcd_policy_benchmarks.lasa.jobs import hash_of
from elcd_policy_benchmarks.lasa.summary import (
    Results,
    common,
    figure,
    figures,
    planar,
    seeds,
    single,
    values,
)


def test_the_last_record_of_a_job_counts(record: Callable) -> None:
    failed = {**record("elcd", error="TrainingError: it diverged")}
    del failed["scores"]
    assert Results([failed, record("elcd")]).failed == []
    assert Results([failed, record("elcd", dtw=2.0)]).records[0]["scores"][0]["dtw"] == 2.0
    results = Results([record("elcd"), failed])
    assert results.records == []
    assert [entry["error"] for entry in results.failed] == ["TrainingError: it diverged"]


def test_settings_are_not_mixed(record: Callable) -> None:
    older = [record("elcd", shape, settings_hash="older") for shape in ("Line", "Angle")]
    results = Results([*older, record("monotone", "Angle"), record("elcd", "Line", dtw=9.0)])
    assert figures(results.of("a", "elcd"), "dtw") == [9.0]
    assert list(results.of("a", "monotone")) == ["Angle"]


def test_a_trial_of_other_settings_does_not_hide_the_defaults(record: Callable) -> None:
    defaults = asdict(TrainingSettings())
    usual = record("elcd", "Angle", settings=defaults, settings_hash=hash_of(defaults))
    results = Results([usual, record("elcd", "Line", dtw=9.0)])
    assert list(results.of("a", "elcd")) == ["Angle"]


def test_a_shapes_figure_is_the_mean_over_seeds_and_demonstrations(record: Callable) -> None:
    results = Results([record("elcd", seed=seed, dtw=dtw) for seed, dtw in ((1, 4.0), (0, 1.0))])
    records = results.of("a", "elcd")["Line"]
    assert seeds(records, "dtw") == [1.0, 4.0]
    assert figure(records, "dtw") == 2.5
    assert values({"Line": records}, "cpu_s") == [10.0, 10.0]
    assert values({"Line": [record("mean")]}, "cpu_s") == []


def test_shapes_are_told_apart(record: Callable) -> None:
    names = ["Multi_Models_1", "heee", "Angle+Line", "Angle"]
    shapes = Results([record("elcd", name) for name in names]).of("a", "elcd")
    assert list(shapes) == ["Angle", "Angle+Line", "heee", "Multi_Models_1"]
    assert list(single(shapes)) == ["Angle", "heee"]
    assert list(planar(shapes)) == ["Angle", "heee", "Multi_Models_1"]
    assert [list(part) for part in common(shapes, single(shapes))] == [["Angle", "heee"]] * 2


def test_methods_and_numbers_shown_are_told_apart(record: Callable) -> None:
    results = Results(
        [record(protocol="c", shown=shown, dtw=shown) for shown in (1, 2)] + [record("mean")]
    )
    assert (results.methods("a"), results.methods("c")) == (["mean"], ["elcd"])
    assert figures(results.of("c", "elcd", 2), "dtw") == [2.0]
    assert len(results.of("c", "elcd")["Line"]) == 2
