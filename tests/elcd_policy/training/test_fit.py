"""Fitting: good on human motions, repeatable, indifferent to units, clear about bad input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from elcd_policy import MotionPolicy, TrainingSettings, evaluate, fit, load_demonstrations
from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import ParameterError, ShapeError, TrainingError
from elcd_policy.evaluation import Scores, distance_to_path, judge
from elcd_policy.fields import FIELDS, ElcdField, MonotoneField
from elcd_policy.flows import AffineCoupling, CompositeFlow

from ..task_motions import reaching

SHORT = TrainingSettings(couplings=4, width=48, linear_steps=350, shooting_steps=60)


def weights(policy: MotionPolicy) -> torch.Tensor:
    return torch.cat([weight.flatten() for weight in policy.state_dict().values()])


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("shape", "seen", "unseen"), [("Angle", 3.0, 4.0), ("WShape", 5.0, 6.5)])
def test_a_short_training_follows_a_hand_within_millimetres(
    shape: str, seen: float, unseen: float, field: str
) -> None:
    demos = load_demonstrations(f"lasa:{shape}")
    policy = fit(demos[:4], field, settings=SHORT, progress=False)
    trained = Scores.mean(evaluate(policy, demos[:2]))
    other = Scores.mean(evaluate(policy, demos[6:]))
    assert trained.dtw < seen  # mm, of a shape some 50 mm across
    assert other.dtw < unseen
    assert trained.end_2x < 3.0


def test_a_push_off_the_demonstration_fades(arcs: Callable) -> None:
    demos = arcs(2)
    policy = fit(demos, settings=SHORT, progress=False)
    demo = demos[1].resampled(100)
    for side in (-12.0, 12.0):
        start = demo.position[35] + np.array([0.0, side])
        left = demo.duration * 64 / 99
        _, path = policy.rollout(start, 2 * left, 0.02)
        deviation = distance_to_path(path, demo.position)
        assert deviation[0] > 9.0
        # Training asks for half of it or less in half of the time left, and for all by the end.
        assert deviation[len(deviation) // 4 :].max() < 0.6 * deviation[0]
        assert deviation[len(deviation) // 2 :].max() < 1.5
        assert np.linalg.norm(path[-1] - demo.goal) < 2.0


def test_a_seed_gives_one_policy(arcs: Callable, quick: TrainingSettings) -> None:
    demos = arcs(2)
    first = fit(demos, settings=quick, seed=3, progress=False)
    torch.manual_seed(999)
    state = torch.get_rng_state()
    again = fit(demos, settings=quick, seed=3, progress=False)
    assert torch.equal(torch.get_rng_state(), state)
    other = fit(demos, settings=quick, seed=4, progress=False)
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))
    assert (first.metadata.seed, other.metadata.seed) == (3, 4)


def test_the_callers_threads_are_left_alone(arcs: Callable, quick: TrainingSettings) -> None:
    torch.set_num_threads(2)
    try:
        fit(arcs(2), settings=quick, progress=False)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize("field", FIELDS)
def test_metres_and_millimetres_give_one_policy_up_to_scale(
    field: str, arcs: Callable, quick: TrainingSettings
) -> None:
    small, large = (
        fit(arcs(2, metres_per_unit=u), field, settings=quick, progress=False) for u in (1.0, 0.001)
    )
    assert (small.metadata.units, large.metadata.units) == ("m", "mm")
    x = np.random.default_rng(0).uniform(-60, 60, (30, 2))
    speed = np.abs(large.velocity(x)).max()
    np.testing.assert_allclose(
        1000 * small.velocity(x / 1000), large.velocity(x), atol=1e-3 * speed
    )
    assert small.metadata.guarantee == large.metadata.guarantee


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_demonstrations_are_enough(field: str, count: int, arcs: Callable) -> None:
    demos = arcs(2, count)
    settings = TrainingSettings(couplings=3, width=32, linear_steps=300, shooting_steps=40)
    policy = fit(demos, field, settings=settings, progress=False)
    assert evaluate(policy, demos[:1])[0].dtw < 4.0  # mm, of an arc 60 mm long
    assert len(policy.metadata.starts) == count


def test_the_rate_is_the_settings(arcs: Callable) -> None:
    settings = TrainingSettings(rate=3.0, linear_steps=2, shooting_steps=0)
    facts = fit(arcs(2), settings=settings, progress=False).metadata
    assert facts.guarantee["rate"] == pytest.approx(3.0 / 2.5)
    assert facts.guarantee["rate_times_duration"] == 3.0


def test_flow_and_field_may_be_ones_own(
    arcs: Callable, quick: TrainingSettings, check_policy: Callable, tmp_path: object
) -> None:
    flow = CompositeFlow([AffineCoupling(3, flip=flip, width=8) for flip in (False, True)])
    field = MonotoneField(3, rate=2.0, width=8)
    policy = fit(arcs(3), field, flow=flow, settings=quick, progress=False)
    assert policy.flow is flow
    assert policy.field is field
    assert policy.metadata.guarantee["rate_times_duration"] == 2.0
    check_policy(policy, tmp_path)


def test_of_several_draws_those_that_begin_best_go_on() -> None:
    shown = load_demonstrations("lasa:DoubleBendedLine")[:4]
    brief = TrainingSettings(couplings=2, width=16, linear_steps=48, shooting_steps=0, batch=16)

    def scored(draws: int, seed: int) -> float:
        settings = replace(brief, draws=draws)
        policy = fit(shown, settings=settings, seed=seed, progress=False)
        return Scores.mean(evaluate(policy, shown)).dtw

    alone, best_of_four = ([scored(draws, seed) for seed in range(4)] for draws in (1, 4))
    assert np.mean(best_of_four) < 0.98 * np.mean(alone)


def test_a_trained_policy_asks_for_no_gradients(trained: Callable) -> None:
    policy = trained(2, "elcd")
    assert not policy.training
    assert not any(weight.requires_grad for weight in policy.parameters())


@pytest.mark.parametrize("progress", [True, False])
def test_progress_goes_to_stderr_or_nowhere(
    progress: bool, arcs: Callable, capfd: pytest.CaptureFixture[str]
) -> None:
    few = TrainingSettings(couplings=2, width=8, linear_steps=3, shooting_steps=2)
    fit(arcs(2), settings=few, progress=progress)
    out, err = capfd.readouterr()
    assert out == ""
    assert ("training on test arcs" in err and "5/5" in err) if progress else err == ""


def test_an_unknown_field_lists_the_known_ones(arcs: Callable) -> None:
    with pytest.raises(ParameterError) as error:
        fit(arcs(2), "linear", progress=False)
    assert str(error.value) == "unknown field: got 'linear', expected elcd or monotone"


def test_a_field_of_another_dimension_is_refused(arcs: Callable) -> None:
    with pytest.raises(ShapeError, match="got dimension 3, expected dimension 2"):
        fit(arcs(2), ElcdField(3), progress=False)


def test_training_that_diverges_says_so(arcs: Callable) -> None:
    wild = TrainingSettings(learning_rate=1e30, linear_steps=300, shooting_steps=0)
    with pytest.raises(TrainingError, match=r"training diverged: got a gradient of .* at step"):
        fit(arcs(2), settings=wild, progress=False)


def test_demonstrations_that_do_not_move_are_refused() -> None:
    position = 50.0 + 1e-11 * np.linspace(1.0, 0.0, 20)[:, None]
    still = DemonstrationSet([Demonstration(np.linspace(0, 1, 20), position)], source="still.csv")
    with pytest.raises(TrainingError, match=r"nothing moves in 'still\.csv'"):
        fit(still, progress=False)


ENDS = [(0.12, 0, 0), (-0.12, 0, 0), (0, 0.12, 0), (0, -0.12, 0), (0.06, 0.06, 0)]


@pytest.mark.parametrize(
    ("goal", "ends", "learned"),
    [
        ("auto", ENDS, "each"),
        ("mean", ENDS, "mean"),
        ("each", ENDS, "each"),
        ("auto", [(0, 0, 0)] * 4, "mean"),
        ("auto", [*[(0, 0, 0)] * 4, (0.4, 0.4, 0)], "mean"),
    ],
)
def test_ends_are_learned_as_told_or_as_they_differ(
    goal: str, ends: list, learned: str, quick: TrainingSettings
) -> None:
    motions = reaching(ends, along=False)
    policy = fit(motions, settings=quick, goal=goal, progress=False)
    assert policy.metadata.ends == learned
    np.testing.assert_allclose(policy.metadata.goal, motions.goal)
    starts = np.array([each.position[0] for each in motions])
    if learned == "each":
        starts = starts + motions.goal - np.array([each.goal for each in motions])
    np.testing.assert_allclose(policy.metadata.starts, starts)


def test_relative_to_its_own_end_each_demonstration_is_followed() -> None:
    motions = reaching(ENDS)
    short = replace(SHORT, linear_steps=200)
    apart, together = (
        fit(motions, settings=short, goal=goal, progress=False) for goal in ("each", "mean")
    )
    own, common = (Scores.mean(evaluate(policy, motions)) for policy in (apart, together))
    assert own.end_2x < 0.005 < 0.08 < common.end_2x  # m
    assert own.dtw < 0.01 < common.dtw
    # With the goal moved to its end, a motion comes out where it was shown.
    last = motions[3]
    apart.set_goal(torch.tensor(last.goal))
    _, path = apart.rollout(last.position[0], 2 * last.duration, 0.05)
    assert distance_to_path(path, last.position).max() < 0.03
    assert judge(apart, motions).passed
    assert not judge(together, motions).passed


def test_an_unknown_goal_is_refused(arcs: Callable) -> None:
    with pytest.raises(ParameterError, match="got 'median', expected auto, mean, each"):
        fit(arcs(2), goal="median", progress=False)
