"""Films are written whole, as .gif or .mp4, or refused before any work."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("PIL")

from PIL import Image

from elcd_policy.errors import MissingExtraError, ParameterError
from elcd_policy_sim.film.film_file import check_film, write_film

FRAMES = [Image.new("RGB", (64, 48), (40 * k, 200 - 40 * k, 90)) for k in range(5)]


def test_a_gif_has_the_frames_and_their_colours(tmp_path: Path) -> None:
    path = write_film(FRAMES, tmp_path / "deep" / "film.gif", 10, [(255, 0, 0)])
    film = Image.open(path)
    assert film.n_frames == 5  # type: ignore[attr-defined]
    film.seek(2)
    assert film.info["duration"] == 100
    pixel = film.convert("RGB").getpixel((5, 5))
    assert max(abs(a - b) for a, b in zip(pixel, (80, 120, 90), strict=True)) < 12
    assert [file.name for file in path.parent.iterdir()] == ["film.gif"]


def test_an_mp4_has_the_frames_and_a_pause(tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = write_film(FRAMES, tmp_path / "film.mp4", 10)
    frames, seconds = ffmpeg.count_frames_and_secs(str(path))
    assert frames == 20
    assert seconds == pytest.approx(2.0, abs=0.11)
    pixels = next(reader := ffmpeg.read_frames(str(path))), next(reader)
    assert pixels[0]["size"] == (64, 48)
    assert abs(pixels[1][1] - 200) < 12
    reader.close()
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


def test_another_suffix_and_a_missing_encoder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ParameterError, match=r"film\.avi.*\.gif or \.mp4"):
        check_film("film.avi")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtraError, match=r"elcd_policy\[video\].*\.gif"):
        check_film("film.mp4")
    assert check_film(tmp_path / "film.gif").name == "film.gif"


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ParameterError, match="can't be written"):
        write_film(FRAMES, tmp_path / "file" / "film.gif", 10)
