"""Figures from records: which ones count, and how they are averaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from elcd_policy import TrainingSettings
from elcd_policy_benchmarks.lasa.summary import (
    Results,
    by_variant,
    common,
    figure,
    figures,
    planar,
    seeds,
    single,
    values,
)


def test_what_failed_does_not_count(record: Callable) -> None:
    failed = record("elcd", error="TrainingError: it diverged")
    results = Results([failed, record("elcd", "Angle")])
    assert [each["shape"] for each in results.records] == ["Angle"]
    assert [each["error"] for each in results.failed] == ["TrainingError: it diverged"]


def test_settings_are_not_mixed(record: Callable) -> None:
    other = {"width": 8}
    older = [record("elcd", shape, settings={"width": 4}) for shape in ("Line", "Angle")]
    last = record("elcd", "Line", dtw=9.0, settings=other)
    results = Results([*older, record("monotone", "Angle", settings={"width": 4}), last])
    assert figures(results.of("a", "elcd"), "dtw") == [9.0]
    assert list(results.of("a", "monotone")) == ["Angle"]


def test_a_trial_of_other_settings_does_not_hide_the_defaults(record: Callable) -> None:
    trial = record("elcd", "Line", dtw=9.0, settings={"width": 8})
    results = Results([record("elcd", "Angle"), trial])
    assert list(results.of("a", "elcd")) == ["Angle"]
    # Where the defaults were not run yet, what there is counts.
    older = record("elcd", "Line", part="b", settings={"width": 8})
    assert list(Results([record("elcd", "Angle"), older]).of("b", "elcd")) == ["Line"]


def test_variants_are_grouped_by_what_differs(record: Callable) -> None:
    def of(shape: str, **changed: float) -> dict:
        settings = asdict(replace(TrainingSettings(), **changed))
        return record("elcd", shape, part="settings", settings=settings)

    failed = {**of("Worm", push=0.5), "error": "it broke"}
    groups = by_variant([of("Line"), of("Angle"), of("Line", push=0.5, rate=2.0), failed])
    assert {name: list(shapes) for name, shapes in groups.items()} == {
        "the defaults": ["Angle", "Line"],
        "rate 2, push 0.5": ["Line"],
    }
    assert by_variant([]) == {}


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
        [record(part="c", shown=shown, dtw=shown) for shown in (1, 2)] + [record("mean")]
    )
    assert (results.methods("a"), results.methods("c")) == (["mean"], ["elcd"])
    assert figures(results.of("c", "elcd", 2), "dtw") == [2.0]
    assert len(results.of("c", "elcd")["Line"]) == 2
