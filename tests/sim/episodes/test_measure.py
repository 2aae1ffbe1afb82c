"""The figures of an episode are those that its log shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from elcd_policy_sim import Push
from elcd_policy_sim.campaigns.runner import Episode, Runner
from elcd_policy_sim.disturbances import Hold, MovedGoal, SlowDown, Wind
from elcd_policy_sim.episodes.measure import measure
from elcd_policy_sim.episodes.policy_motion import PolicyMotion
from elcd_policy_sim.episodes.scene import EpisodeSettings, Scene


def run(scene: Scene, motion: PolicyMotion, *disturbances: Any, duration: float = 4.0) -> Episode:
    return Runner(scene, motion).run(EpisodeSettings(disturbances, duration=duration), 0)


def test_a_push_is_measured(scene: Scene, motion: PolicyMotion) -> None:
    episode = run(scene, motion, Push(0.5, (40, 0, 0), 0.2))
    result, log = episode.result, episode.log
    assert log is not None
    deviation = scene.corridor.deviation(log.position)
    assert result.end_of_disturbance_s == pytest.approx(0.7)
    assert result.peak_deviation_mm == pytest.approx(1e3 * deviation[50:].max())
    assert 35 < result.peak_deviation_mm < 70
    assert result.left_corridor
    assert result.return_time_s is not None
    assert 0.05 < result.return_time_s < 3
    back = round(100 * (0.7 + result.return_time_s))
    assert (deviation[back : back + 50] <= scene.corridor.half_width).all()
    assert deviation[back - 1] > scene.corridor.half_width
    goal = scene.placement.to_robot(motion.get_goal())
    assert result.end_error_mm == pytest.approx(1e3 * np.linalg.norm(log.position[-1] - goal))
    assert result.recovered == (result.end_error_mm <= 5)
    assert result.joint_velocity == pytest.approx(np.abs(log.joint_velocities).max())
    assert result.torque_share == pytest.approx(np.abs(log.joint_torques).max() / 200)
    assert result.path_m[-1] == pytest.approx(log.position[-1], abs=1e-4)


def test_undisturbed_stretches_lie_before_between_and_after(
    scene: Scene, motion: PolicyMotion
) -> None:
    episode = run(scene, motion, Push(0.5, (20, 0, 0), 0.2), SlowDown(0.5, 1.0, 0.5))
    spans = [(trace.time[0], trace.time[-1]) for trace in episode.traces]
    assert np.allclose(spans, [(0, 0.49), (0.7, 0.99), (1.5, 4.0)], atol=0.0101)
    assert episode.result.envelope is not None
    assert episode.result.envelope.count == 3
    assert episode.result.envelope.within == 1.0


def test_with_the_goal_the_corridor_moves(scene: Scene, motion: PolicyMotion) -> None:
    """Only within the motion's plane: it can't go anywhere else."""
    episode = run(scene, motion, MovedGoal((0.05, 0.04, 0), 0.5), duration=5.0)
    result, log = episode.result, episode.log
    assert log is not None
    goal = scene.placement.to_robot(motion.get_goal())
    assert np.allclose(log.position[-1] - goal, [0, 0.04, 0], atol=5e-3)
    assert result.end_error_mm < 5
    assert result.envelope is not None
    assert result.envelope.within == 1.0
    # Just after the jump the arm is where the corridor was.
    assert result.left_corridor
    assert 10 < result.peak_deviation_mm < 40


def test_a_lasting_wind_keeps_it_from_the_goal(scene: Scene, motion: PolicyMotion) -> None:
    result = run(scene, motion, Wind((15, 0, 0))).result
    assert not result.recovered
    assert result.end_error_mm > 5
    assert result.envelope is not None
    assert result.envelope.within == 1.0


def test_a_hold_that_is_longer_than_the_episode_has_no_way_back(
    scene: Scene, motion: PolicyMotion
) -> None:
    episode = run(scene, motion, Push(0.3, (40, 0, 0), 0.2), Hold(0.5, 9.0), duration=2.0)
    assert episode.result.return_time_s is None
    assert not episode.result.recovered


def test_what_comes_after_the_end_does_nothing(scene: Scene, motion: PolicyMotion) -> None:
    late = run(scene, motion, Push(5.0, (40, 0, 0), 0.2), duration=1.0).result
    calm = run(scene, motion, duration=1.0).result
    assert late.path_m == calm.path_m
    assert late.peak_deviation_mm <= calm.peak_deviation_mm
    assert not late.left_corridor


def test_without_a_metric_there_is_no_envelope(scene: Scene, motion: PolicyMotion) -> None:
    episode = run(scene, motion, duration=1.0)
    assert episode.log is not None
    result, traces = measure(episode.log, scene, motion.get_goal(), [])
    assert result.envelope is None
    assert traces == []
    assert result.peak_deviation_mm == episode.result.peak_deviation_mm
