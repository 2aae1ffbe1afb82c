"""A log keeps what it was given, through its file too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, EpisodeLog, load_robot
from elcd_policy_sim.episodes.log import COLUMNS

CENTRE = np.array([0.5, 0.0, 0.35])


@pytest.fixture(scope="module")
def arm() -> Iterator[Arm]:
    with Arm(load_robot("panda")) as arm:
        yield arm


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


def test_the_twist_is_the_measured_one(arm: Arm) -> None:
    arm.move_to(CENTRE)
    arm.command_twist([0, 0.1, 0])
    log = EpisodeLog(7)
    for _ in range(2):
        arm.step(200)
        log.record(arm)
    assert np.allclose(log.twist[1], [0, 0.1, 0, 0, 0, 0], atol=2e-3)
    moved = np.diff(log.position, axis=0)[0] / 0.2
    assert np.allclose(moved, log.twist[1, :3], atol=2e-3)
