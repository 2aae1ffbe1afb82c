"""One setting at a time: which jobs that makes, and how their results are grouped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from elcd_policy import TrainingSettings
from elcd_policy_benchmarks.lasa import plan
from elcd_policy_benchmarks.lasa.variants import VARIANTS, by_variant, plan_variants


def test_each_variant_changes_one_setting_of_the_benchmarked_job() -> None:
    jobs = plan_variants(["Line"], [5])
    assert {(job.method, job.protocol, job.seed) for job in jobs} == {("elcd", "a", 5)}
    usual = plan(shapes=["Line"], protocols=["a"], fields=["elcd"], seeds=[5])
    assert jobs[0].key in {job.key for job in usual}
    assert len({job.key for job in jobs}) == len(VARIANTS)
    for job in jobs[1:]:
        changed = dict(job.settings.items() - jobs[0].settings.items())
        assert len(changed) == 1
        assert set(changed) <= {"return_rate", "push", "rate"}


def test_results_are_grouped_by_what_differs(record: Callable) -> None:
    def of(shape: str, **given: object) -> dict:
        settings = asdict(replace(TrainingSettings(), **given.pop("settings", {})))
        key = str(sorted(settings.items()))
        return record("elcd", shape, settings=settings, settings_hash=key, **given)

    failed = of("Worm", code="new", settings={"push": 0.5}, error="it broke")
    groups = by_variant(
        [
            of("Angle", code="old"),
            of("Line", code="old"),
            of("Line", code="new", dtw=7.0),
            of("Line", code="new", settings={"push": 0.5, "rate": 2.0}),
            {name: value for name, value in failed.items() if name != "scores"},
        ]
    )
    assert list(groups) == ["the defaults", "rate 2, push 0.5"]
    assert list(groups["the defaults"]) == ["Line"]
    assert groups["the defaults"]["Line"][0]["scores"][0]["dtw"] == 7.0
    assert by_variant([]) == {}
