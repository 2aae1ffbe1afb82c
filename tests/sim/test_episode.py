"""An episode runs a controller at its rate, pushes to the step, and keeps a true record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pybullet")

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, EpisodeLog, Push, load_robot, run_episode
from elcd_policy_sim.episode import COLUMNS

CENTRE = np.array([0.5, 0.0, 0.35])


@pytest.fixture(scope="module")
def arm() -> Iterator[Arm]:
    with Arm(load_robot("panda")) as arm:
        yield arm


def towards_centre(time: float, position: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
    return np.append(2.0 * (CENTRE - position), np.zeros(3))


def test_a_push_is_seen_and_recovered_from(arm: Arm) -> None:
    arm.move_to(np.add(CENTRE, [0, 0.1, 0]))
    log = run_episode(arm, towards_centre, 4.0, pushes=[Push(1.5, (0, 0, 30), 0.2)])
    distance = np.linalg.norm(log.position - CENTRE, axis=1)
    assert distance[0] == pytest.approx(0.1, abs=1e-4)
    assert distance[149] < 0.01
    assert 0.03 < distance[150:].max() < 0.08
    assert distance[-1] < 0.002


def test_a_row_holds_the_state_and_what_was_commanded_then(arm: Arm) -> None:
    arm.move_to(np.add(CENTRE, [0, 0.1, 0]))
    log = run_episode(arm, towards_centre, 0.5, 100, [Push(0.2, (5, 0, 0), 0.1)])
    assert len(log) == 51
    assert np.allclose(log.time, np.arange(51) / 100)
    assert np.allclose(log.command[:, :3], 2.0 * (CENTRE - log.position))
    assert np.allclose(np.linalg.norm(log.quaternion, axis=1), 1)
    pushed = (log.time > 0.195) & (log.time < 0.295)
    assert np.array_equal(log.force, np.where(pushed[:, None], [5.0, 0, 0], 0))
    assert log.joint_positions.shape == log.joint_torques.shape == (51, 7)


@pytest.mark.parametrize("rate", [30, 250])
def test_pushes_do_not_depend_on_the_control_rate(arm: Arm, rate: float) -> None:
    """0.2 s of force is 0.2 s, also between ticks."""

    def still(time: float, position: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
        return np.zeros(6)

    ends = []
    for used in (100, rate):
        arm.move_to(CENTRE)
        log = run_episode(arm, still, 1.0, used, [Push(0.105, (0, 20, 0), 0.203)])
        assert log.time[-1] == pytest.approx(1.0)
        assert arm.time == pytest.approx(1.0)
        ends.append(arm.pose()[0])
    assert np.linalg.norm(ends[0] - CENTRE) > 0.02
    assert np.linalg.norm(ends[1] - ends[0]) < 2e-4


def test_two_runs_are_the_same_bit_for_bit(arm: Arm) -> None:
    logs = []
    for _ in range(2):
        arm.move_to(np.add(CENTRE, [0, 0.05, 0.05]))
        logs.append(run_episode(arm, towards_centre, 1.0, pushes=[Push(0.3, (9, 9, 9), 0.2)]))
    for column in COLUMNS:
        assert np.array_equal(getattr(logs[0], column), getattr(logs[1], column)), column


def test_a_long_log_survives_its_file(arm: Arm, tmp_path: Path) -> None:
    arm.move_to(CENTRE)
    log = EpisodeLog(7)
    for k in range(1500):
        arm.apply_force([k, 0, 0])
        log.record(arm)
    copy = EpisodeLog.load(log.save(tmp_path / "deep" / "episode.npz"))
    assert len(copy) == 1500
    assert np.array_equal(copy.force[:, 0], np.arange(1500))
    for column in COLUMNS:
        assert np.array_equal(getattr(copy, column), getattr(log, column)), column
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["episode.npz"]


def test_a_loaded_log_goes_on(arm: Arm, tmp_path: Path) -> None:
    arm.move_to(CENTRE)
    log = EpisodeLog(7)
    log.record(arm)
    copy = EpisodeLog.load(log.save(tmp_path / "episode.npz"))
    copy.record(arm)
    assert len(copy) == 2
    assert np.array_equal(copy.position[0], copy.position[1])


def test_an_empty_log_survives_its_file(tmp_path: Path) -> None:
    copy = EpisodeLog.load(EpisodeLog(6).save(tmp_path / "empty.npz"))
    assert len(copy) == 0
    assert copy.joint_positions.shape == (0, 6)


def test_files_that_are_no_episodes_are_refused(tmp_path: Path) -> None:
    damaged, foreign = tmp_path / "damaged.npz", tmp_path / "foreign.npz"
    damaged.write_bytes(b"PK\x03\x04 and no more")
    np.savez(foreign, time=np.zeros(3))
    for path in (damaged, foreign, tmp_path / "missing.npz"):
        with pytest.raises(ParameterError, match=rf"{path.name} can't be read.*EpisodeLog\.save"):
            EpisodeLog.load(path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ParameterError, match="can't be saved"):
        EpisodeLog(7).save(tmp_path / "file" / "episode.npz")


@pytest.mark.parametrize(("duration", "rate"), [(0, 100), (1, 0), (1, 5000), (np.nan, 100)])
def test_durations_and_rates_out_of_range_are_refused(
    arm: Arm, duration: float, rate: float
) -> None:
    with pytest.raises(ParameterError, match="duration or rate"):
        run_episode(arm, towards_centre, duration, rate)
