"""Whether the motion that was shown is done: a verdict in numbers and in one plain line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from elcd_policy import MotionPolicy, TrainingSettings, fit
from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.evaluation import FitVerdict, fit_fault, judge
from elcd_policy.evaluation.distances import frechet_distance

from ..task_motions import pick_and_place, reaching, throw, two_ways, wiping

#: Enough for a plain reach.
SHORT = TrainingSettings(draws=1, linear_steps=120, shooting_steps=30, couplings=4, width=32)
#: Enough for a motion that is missed anyway.
HASTY = TrainingSettings(draws=1, linear_steps=20, shooting_steps=0, couplings=2, width=16)
CASES: dict[str, Callable[..., DemonstrationSet]] = {
    "reaching": reaching,
    "wiping": lambda: wiping(1, count=3),
    "turns": lambda: wiping(3, count=3),
    "ways": lambda: two_ways("lr"),
    "throw": lambda: throw(3),
    "wait": lambda: pick_and_place(3, wait=0.3),
    "ends": lambda: reaching([(0.12, 0, 0), (-0.12, 0, 0), (0, 0.12, 0), (0, -0.12, 0)]),
}


@cache
def learned(case: str) -> tuple[MotionPolicy, DemonstrationSet]:
    demonstrations = CASES[case]()
    settings = SHORT if case in ("reaching", "throw") else HASTY
    return fit(demonstrations, settings=settings, goal="mean", progress=False), demonstrations


def verdict_on(case: str) -> FitVerdict:
    return judge(*learned(case))


def test_a_reach_is_followed_and_says_within_how_much() -> None:
    verdict = verdict_on("reaching")
    assert verdict.passed
    assert verdict.followed == [True] * 5
    assert verdict.findings == []
    assert 0.44 < verdict.extent < 0.46  # m, from -0.25 to 0.2
    assert max(verdict.errors) < 0.1 * verdict.extent
    found = re.fullmatch(
        r"all 5 demonstrations are followed \(within ([0-9.]+) mm of 450 mm\)", verdict.summary
    )
    assert found is not None
    assert float(found[1]) == pytest.approx(1000 * max(verdict.errors), abs=0.5)


def test_an_error_is_the_largest_distance_of_path_from_demonstration() -> None:
    policy, demonstrations = learned("reaching")
    verdict = judge(policy, demonstrations)
    for error, each in zip(verdict.errors, demonstrations, strict=True):
        _, path = policy.rollout(each.position[0], 2 * each.duration, each.duration / 200)
        assert error == pytest.approx(frechet_distance(path, each.position), abs=0.004)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("wiping", "all 3 demonstrations end where they start, a closed loop"),
        ("turns", "all 3 demonstrations go round 3 times"),
        ("ways", "2 groups of ways, up to 2"),
        ("throw", "m/s just before the end where 3."),
        ("ends", "--goal each learns them relative to their own ends"),
    ],
)
def test_what_the_field_cannot_do_fails_with_the_reason(case: str, reason: str) -> None:
    verdict = verdict_on(case)
    assert not verdict.passed
    assert reason in verdict.summary
    assert fit_fault(verdict.to_dict()) == verdict.summary


def test_a_wait_that_is_not_kept_fails() -> None:
    verdict = verdict_on("wait")
    assert not verdict.passed
    assert {"wait", "retraced"} <= set(verdict.findings)


def test_millimetres_and_metres_agree() -> None:
    motions = reaching(noise=0.0)
    in_mm = [replace(each, position=1000 * each.position) for each in motions]
    scaled = replace(motions, demonstrations=in_mm, units="mm")
    one, other = (
        judge(fit(each, settings=HASTY, progress=False), each) for each in (motions, scaled)
    )
    assert other.extent == pytest.approx(1000 * one.extent)
    assert other.errors == pytest.approx([1000 * error for error in one.errors], rel=0.02)
    assert other.followed == one.followed
    assert other.summary == one.summary


def test_one_stray_demonstration_of_five_is_not_the_fit_s_fault() -> None:
    motions = reaching([(0, 0, 0)] * 4 + [(0.4, 0.4, 0.1)], along=False)
    policy = fit(motions, settings=SHORT, progress=False)
    np.testing.assert_allclose(policy.metadata.goal, motions[0].goal, atol=1e-12)
    verdict = judge(policy, motions)
    assert verdict.followed == [True] * 4 + [False]
    assert verdict.passed
    assert "1 of 5 demonstrations is not followed" in verdict.summary
    assert "demo_4 ends 574 mm from the others" in verdict.summary


def test_a_verdict_is_stored_as_json() -> None:
    verdict = verdict_on("reaching")
    again = json.loads(json.dumps(verdict.to_dict()))
    assert (again["passed"], again["summary"]) == (True, verdict.summary)
    assert fit_fault(again) == ""
    assert fit_fault(None) == ""


def test_poses_are_judged_by_position_and_orientation(
    pose_policy: MotionPolicy, poses: Callable[..., DemonstrationSet]
) -> None:
    verdict = judge(pose_policy, poses())
    assert verdict.turn_errors is not None
    assert len(verdict.turn_errors) == len(verdict.errors) == 3
    assert verdict.units == "m"
