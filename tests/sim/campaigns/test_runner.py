"""Episodes depend on the campaign's seed and their number, and on nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_sim import load_robot
from elcd_policy_sim.campaigns.runner import Runner, count_cores, run_jobs
from elcd_policy_sim.disturbances import ForceNoise, RandomPush, SensorNoise
from elcd_policy_sim.episodes.policy_motion import PolicyMotion
from elcd_policy_sim.episodes.scene import EpisodeSettings, Scene, sample_episode

NOISY = EpisodeSettings((RandomPush(), ForceNoise(2.0), SensorNoise(0.001)), duration=0.5)


def test_workers_and_order_make_no_difference(
    scene: Scene, motion: PolicyMotion, engine: str
) -> None:
    """Also a second run, and a later episode run alone: the same numbers, all of them."""
    noisy = replace(NOISY, engine=engine)
    runner = Runner(scene, motion, seed=4)
    jobs = [(noisy, index) for index in range(3)]
    alone = run_jobs(runner, jobs, workers=1, progress=False)
    shared = run_jobs(runner, jobs, workers=2, progress=False)
    assert [episode.result for episode in shared] == [episode.result for episode in alone]
    for one, other in zip(alone, shared, strict=True):
        for trace, same in zip(one.traces, other.traces, strict=True):
            assert np.array_equal(trace.latent, same.latent)
    assert Runner(scene, motion, seed=4).run(noisy, 2).result == alone[2].result
    assert Runner(scene, motion, seed=5).run(noisy, 2).result != alone[2].result
    assert len({tuple(episode.result.disturbances) for episode in alone}) == 3


def test_an_arm_gives_the_same_numbers_twice(motion: PolicyMotion, engine: str) -> None:
    scene = Scene.of(motion.policy, load_robot("panda"))
    settings = EpisodeSettings((RandomPush(),), duration=0.5, engine=engine)
    results = [Runner(scene, motion, seed=1).run(settings, 0).result for _ in range(2)]
    assert results[0] == results[1]


def test_draws_are_spread_over_starts_directions_and_times(scene: Scene) -> None:
    drawn = [sample_episode(scene, [RandomPush()], 0, index) for index in range(300)]
    starts = np.array([start for start, _ in drawn])
    counts = [int((starts == start).all(axis=1).sum()) for start in scene.starts]
    assert sum(counts) == 300
    assert min(counts) > 60
    pushes = [push for _, (push,) in drawn]
    forces = np.array([push.force for push in pushes])
    sizes = np.linalg.norm(forces, axis=1)
    assert sizes.min() > 15
    assert sizes.max() < 45
    assert np.abs((forces / sizes[:, None]).mean(axis=0)).max() < 0.15
    shares = np.array([push.time for push in pushes]) / scene.duration
    assert 0.1 <= shares.min() < 0.15
    assert 0.65 < shares.max() <= 0.7


def test_a_planar_arm_is_pushed_in_its_plane(motion: PolicyMotion) -> None:
    scene = Scene.of(motion.policy, load_robot("planar"))
    for index in range(20):
        (push,) = sample_episode(scene, [RandomPush()], 0, index)[1]
        assert push.force_at(push.interval[0])[0] == 0


def test_a_start_out_of_reach_is_refused(scene: Scene, motion: PolicyMotion) -> None:
    scene.starts[:] += 1e4
    with pytest.raises(ParameterError, match="can't reach the pose"):
        run_jobs(Runner(scene, motion), [(NOISY, 0)], progress=False)


def test_nothing_to_run_and_nobody_to_run_it_are_refused(
    scene: Scene, motion: PolicyMotion
) -> None:
    runner = Runner(scene, motion)
    for jobs, workers in (([], 1), ([(NOISY, 0)], 0)):
        with pytest.raises(ParameterError, match=r"no episodes to run: got \d on \d workers"):
            run_jobs(runner, jobs, workers, progress=False)
    assert count_cores() >= 1


@pytest.mark.parametrize("field", ["rate", "physics_rate", "latency", "duration"])
def test_settings_out_of_range_are_refused(field: str) -> None:
    with pytest.raises(ParameterError, match="rates or times are out of range"):
        EpisodeSettings(**{field: -1.0})


def test_a_policy_file_travels_by_its_path(motion: PolicyMotion, policy_file: Path) -> None:
    import pickle

    copy = pickle.loads(pickle.dumps(motion))
    x = motion.get_goal() + 3.0
    assert np.array_equal(copy.velocity(0.0, x), motion.velocity(7.0, x))
    motion.set_goal(x)
    assert np.allclose(motion.velocity(0.0, x), 0, atol=1e-3)
    motion.begin(x)
    assert np.array_equal(motion.get_goal(), copy.get_goal())


def test_both_engines_give_the_same_figures(
    motion: PolicyMotion, both_engines: tuple[str, ...]
) -> None:
    """They solve the same equations; what is left are steps of different integrators."""
    scene = Scene.of(motion.policy, load_robot("panda"))
    settings = EpisodeSettings((RandomPush(),), duration=1.0)
    runner = Runner(scene, motion, seed=1)
    one, other = (runner.run(replace(settings, engine=e), 0).log for e in both_engines)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.force, other.force)
    assert np.abs(one.position - other.position).max() < 1e-5
    assert np.abs(one.joint_torques - other.joint_torques).max() < 1e-2
