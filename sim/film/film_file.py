"""Film files: GIF, which every browser shows, and MP4, which needs an encoder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from elcd_policy.errors import MissingExtraError, ParameterError
from elcd_policy.utils.files import write_atomically

COLOURS = 192  # of a GIF's palette
LAST = 1.5  # s for which the last picture stays


def check_film(path: str | Path) -> Path:
    """Return the path if a film can be written to it; call it before long work.

    Raises
    ------
    ParameterError
        If it ends in neither .gif nor .mp4.
    MissingExtraError
        If there is no encoder for .mp4.
    """
    path = Path(path)
    if path.suffix.lower() not in (".gif", ".mp4"):
        raise ParameterError(
            "a video can't be written", got=path.name, expected="a .gif or .mp4 file"
        )
    if path.suffix.lower() == ".mp4":
        _encoder()
    return path


def write_film(
    frames: Sequence[Image.Image],
    path: str | Path,
    fps: float,
    colours: Sequence[tuple[int, int, int]] = (),
) -> Path:
    """Write pictures as .gif or .mp4; the file appears whole or not at all.

    Parameters
    ----------
    frames : RGB, all of one size.
    path : see `check_film`.
    fps : pictures per second.
    colours : that must be right in a palette, with their shades on white.

    Raises
    ------
    ParameterError
        If the file can't be written.
    """
    path = check_film(path)
    try:
        if path.suffix.lower() == ".gif":
            _write_gif(frames, path, fps, colours)
        else:
            _write_mp4(frames, path, fps)
    except OSError as error:
        raise ParameterError("a video can't be written", got=str(error)) from error
    return path


def _write_gif(
    frames: Sequence[Image.Image], path: Path, fps: float, colours: Sequence[tuple[int, int, int]]
) -> None:
    # One palette for all frames: unchanged pixels then stay unchanged and cost nothing.
    width, height = frames[0].size
    samples = frames[:: max(1, len(frames) // 8)]
    sheet = Image.new("RGB", (width, height * len(samples)))
    for index, sample in enumerate(samples):
        sheet.paste(sample, (0, index * height))
    shades = np.linspace(0, 0.8, 6)[:, None]
    own = [shades * 255 + (1 - shades) * colour for colour in colours]
    places = sum(len(part) for part in own)
    common = sheet.quantize(COLOURS - places).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.array(own).astype(int).ravel().tolist() + common)
    first, *others = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    milliseconds = 10 * round(100 / fps)  # GIF counts in hundredths of a second
    with write_atomically(path) as file:
        first.save(
            file,
            format="GIF",
            save_all=True,
            append_images=others,
            duration=[milliseconds] * len(others) + [round(1e3 * LAST)],
            loop=0,
            optimize=False,
        )


def _write_mp4(frames: Sequence[Image.Image], path: Path, fps: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial.mp4")
    try:
        # H.264 wants even sizes; what is missing is scaled by a pixel.
        writer = _encoder().write_frames(
            str(partial), frames[0].size, fps=fps, macro_block_size=2, quality=7
        )
        writer.send(None)
        for frame in [*frames, *[frames[-1]] * round(LAST * fps)]:
            pixels: NDArray[np.uint8] = np.asarray(frame, dtype=np.uint8)
            writer.send(np.ascontiguousarray(pixels))
        writer.close()
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _encoder() -> Any:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise MissingExtraError("imageio_ffmpeg", "video", "or name a .gif file") from error
    return imageio_ffmpeg
