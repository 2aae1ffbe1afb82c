"""Scores: distances between a policy's rollouts and the demonstrations."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from elcd_policy import MotionPolicy, evaluate, load
from elcd_policy.demonstrations import Demonstration
from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.evaluation import Scores, dtw_distance

Saved = Callable[..., Path]


class Replay:
    """Rolls out one demonstration, shifted by ``offset`` and at ``speed``, then stands."""

    def __init__(self, demo: Demonstration, offset: float = 0.0, speed: float = 1.0) -> None:
        self.demo, self.offset, self.speed = demo, offset, speed
        self.dimension = demo.dimension

    def rollout(self, x0: np.ndarray, duration: float, dt: float) -> tuple[np.ndarray, np.ndarray]:
        time = np.minimum(np.arange(round(duration / dt) + 1) * dt, duration)
        columns = [np.interp(self.speed * time, self.demo.time, c) for c in self.demo.position.T]
        return time, np.stack(columns, axis=1) + self.offset


def test_a_perfect_copy_scores_zero(arcs: Callable) -> None:
    demos = arcs(2, 1)
    (score,) = evaluate(Replay(demos[0]), demos)
    assert max(score.to_dict().values()) < 1e-9


def test_a_shift_is_seen_by_every_distance(arcs: Callable) -> None:
    demos = arcs(2, 1)
    (score,) = evaluate(Replay(demos[0], offset=3.0), demos)
    away = 3.0 * np.sqrt(2.0)
    for figure in (score.rmse, score.end, score.end_2x):
        assert figure == pytest.approx(away)
    # Shifted against the motion, warping and nearest points find something closer.
    assert 0.0 < score.dtw <= away + 1e-9
    assert 0.0 < score.chamfer_dtwd < score.dtw + 1e-9
    assert score.frechet <= away + 1e-9


def test_a_late_arrival_is_forgiven_by_warping_only(arcs: Callable) -> None:
    demos = arcs(2, 1)
    (score,) = evaluate(Replay(demos[0], speed=0.5), demos)
    demo = demos[0].resampled(399)
    # At half the speed it is half way at the end, and there after twice the duration.
    half = np.linalg.norm(demo.position[199] - demos[0].goal)
    assert score.end == pytest.approx(half, rel=0.01)
    assert score.end_2x == pytest.approx(0.0, abs=1e-9)
    assert score.rmse > 10.0
    assert score.frechet == pytest.approx(half, rel=0.01)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_it_scores_what_the_policy_does(dimension: int, arcs: Callable, trained: Callable) -> None:
    demos, policy = arcs(dimension, 2), trained(dimension, "elcd")
    scores = evaluate(policy, demos)
    assert len(scores) == 2
    reference = demos[1].resampled(200).position
    _, path = policy.rollout(reference[0], demos[1].duration, demos[1].duration / 199)
    assert scores[1].dtw == pytest.approx(dtw_distance(path, reference), rel=1e-6)
    assert scores[1].end == pytest.approx(np.linalg.norm(path[-1] - reference[-1]), rel=1e-6)
    assert 0.0 <= scores[1].chamfer_dtwd <= scores[1].frechet
    assert scores[1].dtw < 40.0


def test_a_loaded_policy_scores_the_same(
    arcs: Callable, trained: Callable, tmp_path: Path, saved: Saved
) -> None:
    policy, demos = trained(2, "monotone"), arcs(2, 1)
    loaded = load(saved(policy, tmp_path / "policy.pt"))
    (eager,), (exported,) = evaluate(policy, demos), evaluate(loaded, demos)
    for name, value in eager.to_dict().items():
        assert exported.to_dict()[name] == pytest.approx(value, rel=1e-3, abs=1e-4)


def test_the_mean_is_that_of_each_figure() -> None:
    scores = [Scores(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), Scores(3.0, 4.0, 5.0, 6.0, 7.0, 8.0)]
    assert Scores.mean(scores) == Scores(2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
    assert json.loads(json.dumps(scores[0].to_dict()))["frechet"] == 3.0


def test_another_dimension_is_refused(arcs: Callable, trained: Callable) -> None:
    with pytest.raises(ShapeError) as error:
        evaluate(trained(2, "elcd"), arcs(3))
    assert str(error.value) == (
        "'test arcs' does not fit the policy: "
        "got demonstrations of 3 dimensions, expected 2 as in the policy"
    )


def test_poses_score_in_mm_and_deg_apart(poses: Callable) -> None:
    demos = poses(2)
    aside, turn = np.array([0.003, 0.0, 0.004]), np.radians(6.0)

    class Turned(Replay):
        """Beside the demonstration, and turned from it by 6 deg about an axis of its own."""

        def rollout(self, x0: np.ndarray, duration: float, dt: float) -> tuple:
            time, path = super().rollout(x0, duration, dt)
            rotation = Rotation.from_rotvec(path[:, 3:]) * Rotation.from_rotvec([0, turn, 0])
            return time, np.hstack([path[:, :3] + aside, rotation.as_rotvec()])

    (score,) = evaluate(Turned(demos[0]), demos[:1])
    for figure in (score.rmse, score.end, score.end_2x):
        assert figure == pytest.approx(5.0, rel=1e-3)
    angle = score.orientation
    assert isinstance(angle, Scores)
    for figure in (angle.rmse, angle.end, angle.end_2x):
        assert figure == pytest.approx(6.0, rel=1e-3)
    assert 0 < angle.dtw <= 6.001
    assert 0 < angle.chamfer_dtwd < angle.dtw + 1e-6
    assert angle.frechet <= 6.001
    values = score.to_dict()
    assert list(values) == ["position_mm", "orientation_deg"]
    assert values["orientation_deg"]["end"] == angle.end
    mean = Scores.mean([score, score])
    assert (mean.end, mean.orientation) == (score.end, angle)


def test_other_demonstrations_are_counted_from_the_policy_s_own_orientation(
    poses: Callable, pose_policy: MotionPolicy
) -> None:
    demos = poses(3)
    same, turned = (evaluate(pose_policy, each) for each in (demos, demos.about([0, 0, 0, 1])))
    for a, b in zip(same, turned, strict=True):
        assert a.to_dict()["position_mm"] == pytest.approx(b.to_dict()["position_mm"], abs=1e-3)
        assert a.orientation.rmse == pytest.approx(b.orientation.rmse, abs=1e-3)


def test_poses_and_plain_coordinates_do_not_mix(
    poses: Callable, arcs: Callable, pose_policy: MotionPolicy
) -> None:
    with pytest.raises(ShapeError, match="got plain coordinates, expected poses"):
        evaluate(pose_policy, arcs(6))
    feet = replace(poses(1), units="ft")
    with pytest.raises(ParameterError, match=r"unknown unit .* got 'ft', expected m or dm"):
        evaluate(pose_policy, feet)
