"""The film of an episode shows the arm, its paths and its pushes, in a small file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, EpisodeLog, Push, load_robot, render_video, run_episode

ROBOT = load_robot("panda")
RED, BLUE = (211, 47, 47), (21, 101, 192)


class ToTheRight:
    def begin(self, position: np.ndarray, quaternion: np.ndarray) -> None:
        """Nothing to prepare."""

    def twist(self, time: float, position: np.ndarray, quaternion: np.ndarray) -> list[float]:
        return [0, 0.1, 0, 0, 0, 0]

    def shift_goal(self, offset: np.ndarray) -> None:
        raise AssertionError(offset)


@pytest.fixture(scope="module")
def log(engine: str) -> EpisodeLog:
    with Arm(ROBOT, engine=engine) as arm:
        return run_episode(arm, ToTheRight(), 1.2, 50, [Push(0.4, (0, 0, -25), 0.2)])


def alike(picture: Image.Image, colour: tuple[int, int, int]) -> np.ndarray:
    difference = np.abs(np.asarray(picture.convert("RGB"), dtype=int) - colour)
    return difference.max(axis=-1) < 40


def pixels_like(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    return int(alike(picture, colour).sum())


def frames(path: Path) -> list[Image.Image]:
    film = Image.open(path)
    pictures = []
    for index in range(film.n_frames):  # type: ignore[attr-defined]
        film.seek(index)
        pictures.append(film.convert("RGB"))
    return pictures


def test_it_shows_the_motion_the_trail_and_the_push(
    log: EpisodeLog, tmp_path: Path, engine: str
) -> None:
    path = render_video(
        ROBOT, log, tmp_path / "out" / "arm.gif", fps=5, size=(200, 150), engine=engine
    )
    film = frames(path)
    assert path.stat().st_size < 200_000
    assert 6 <= len(film) <= 8
    assert film[0].size == (200, 150)
    assert pixels_like(film[-1], BLUE) > pixels_like(film[0], BLUE) + 30
    assert pixels_like(film[0], RED) == 0
    assert pixels_like(film[3], RED) > 60  # arrow and word
    assert 0 < pixels_like(film[-1], RED) < pixels_like(film[3], RED)
    moved = np.abs(np.asarray(film[0], dtype=int) - np.asarray(film[-1], dtype=int)).max(axis=-1)
    assert (moved > 60).sum() > 300
    assert [file.name for file in path.parent.iterdir()] == ["arm.gif"]


def test_the_trail_can_be_left_out_and_a_reference_drawn(log: EpisodeLog, tmp_path: Path) -> None:
    def first(name: str, **options: object) -> Image.Image:
        path = tmp_path / name
        return frames(render_video(ROBOT, log, path, 1, (200, 150), **options))[-1]

    with_trail, without = first("a.gif"), first("b.gif", trail=False)
    assert pixels_like(with_trail, BLUE) > pixels_like(without, BLUE) + 30
    line = ROBOT.writing_plane.points([(u, -0.14) for u in np.linspace(-0.18, 0.18, 50)])
    drawn = first("c.gif", trail=False, path_points=line)
    new = alike(drawn, (90, 98, 110)) & ~alike(without, (90, 98, 110))
    assert new.sum() > 30


def test_a_long_episode_is_shortened(log: EpisodeLog, tmp_path: Path) -> None:
    slow = EpisodeLog.load(log.save(tmp_path / "log.npz"))
    slow.time[:] *= 40  # 47 s
    path = render_video(ROBOT, slow, tmp_path / "arm.gif", fps=1, size=(120, 90))
    assert len(frames(path)) <= 10


def test_bad_requests_are_refused(log: EpisodeLog, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"got arm\.mov, expected a \.gif or \.mp4 file"):
        render_video(ROBOT, log, tmp_path / "arm.mov")
    with pytest.raises(ParameterError, match="too short"):
        render_video(ROBOT, EpisodeLog(7), tmp_path / "arm.gif")
    assert list(tmp_path.iterdir()) == []
