"""The field's own motions keep the certified envelope; what does not is found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import LoadedPolicy, load
from elcd_policy_sim.episodes.envelope import CertifiedMetric, Trace, has_metric


@pytest.fixture
def policy(policy_file: Path) -> LoadedPolicy:
    return load(policy_file)


def starts(policy: LoadedPolicy) -> np.ndarray:
    """The demonstrated ones and 12 around the workspace."""
    lower, upper = (np.array(corner) for corner in policy.metadata.workspace)
    share = np.random.default_rng(0).uniform(-0.5, 1.5, (12, policy.dimension))
    return np.concatenate([policy.metadata.starts, lower + share * (upper - lower)])


def test_the_field_itself_stays_within(policy: LoadedPolicy) -> None:
    (check,) = CertifiedMetric(policy).check_rollouts(starts(policy))
    assert check.kind == "kinematic, to the goal"
    assert (check.count, check.within) == (15, 1.0)
    assert check.worst < 1.0
    assert check.final < 0.5
    assert check.tolerance < 1e-3


def test_pairs_are_held_to_it_if_every_pair_contracts(monotone_file: Path) -> None:
    policy = load(monotone_file)
    to_goal, pairs = CertifiedMetric(policy).check_rollouts(starts(policy))
    assert (to_goal.count, to_goal.within) == (15, 1.0)
    assert (pairs.kind, pairs.count, pairs.within) == ("kinematic, pairs", 15 * 14 / 2, 1.0)
    assert pairs.worst < 1.0


def test_a_claimed_rate_that_is_too_fast_is_found_out(policy: LoadedPolicy) -> None:
    policy.metadata.guarantee["rate"] *= 30
    (check,) = CertifiedMetric(policy).check_rollouts(starts(policy))
    assert check.within < 1
    assert check.worst > 1


def test_a_motion_of_the_field_has_no_tracking_error(policy: LoadedPolicy) -> None:
    time, x = policy.rollout(policy.metadata.starts[0], 2.0, 0.02)
    trace = CertifiedMetric(policy).trace(time, x, policy.velocity(x), policy.get_goal())
    assert trace.error < 1e-4
    check = CertifiedMetric(policy).check_goal_distance([trace])
    assert check.within == 1.0
    offset = np.array([10.0, -4.0])
    shifted = CertifiedMetric(policy).trace(
        time, x + offset, policy.velocity(x), policy.get_goal() + offset
    )
    assert np.allclose(shifted.latent, trace.latent, atol=1e-5)


def test_an_arm_that_errs_is_held_to_what_its_error_allows(policy: LoadedPolicy) -> None:
    """A constant velocity error: the field's own envelope is left, the wider one is not."""
    metric, goal = CertifiedMetric(policy), policy.get_goal()
    wrong, h = np.array([15.0, 0.0]), 0.005
    x, rows = np.array(policy.metadata.starts[0]), []
    for _ in range(800):
        rows.append(x)
        x = x + h * (policy.velocity(x) + wrong)
    x = np.array(rows)
    trace = metric.trace(h * np.arange(len(x)), x, policy.velocity(x) + wrong, goal)
    assert trace.error > 0.01
    assert metric.check_goal_distance([trace]).within == 1.0
    assert metric.check_goal_distance([replace(trace, error=0.0)]).within == 0.0
    assert metric.check_goal_distance([trace, replace(trace, error=0.0)]).within == 0.5


def test_two_arms_are_compared_while_both_are_undisturbed(monotone_file: Path) -> None:
    policy = load(monotone_file)
    metric, goal = CertifiedMetric(policy), policy.get_goal()
    traces = []
    for index, begin in ((0, 0), (1, 40)):
        time, x = policy.rollout(policy.metadata.starts[index], 2.0, 0.02)
        late = slice(begin, None)
        traces.append(metric.trace(time[late], x[late], policy.velocity(x[late]), goal))
    check = metric.check_pair(*traces)
    assert check is not None
    assert (check.kind, check.within) == ("pairs", 1.0)
    apart = Trace(traces[0].time + 0.007, traces[0].latent, 0.0)
    assert metric.check_pair(traces[0], apart) is None
    parting = Trace(traces[0].time, np.outer(1 + traces[0].time, [1.0, 0.0]), 0.0)
    found = metric.check_pair(parting, Trace(traces[0].time, np.zeros((101, 2)), 0.0))
    assert found is not None
    assert found.within == 0.0
    assert found.worst == pytest.approx(3.0 * np.exp(2.0 * metric.rate), rel=1e-6)


def test_around_obstacles_no_distance_is_bounded(policy: LoadedPolicy) -> None:
    assert has_metric(policy)
    policy.metadata.guarantee["kind"] = "convergence from almost every start"
    assert not has_metric(policy)
