"""A film of an arm that reaches what it sees, beside what its camera sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from elcd_policy.perception import Camera, LoadedDetector

from ..arm.engines import AUTO
from ..episodes.log import EpisodeLog
from ..robot import Robot
from ..vision.table_camera import TableCamera
from ..vision.table_scene import Move, sample_scene
from .film_file import check_film, write_film

VIEW = Camera((1.45, -0.95, 0.85), (0.36, 0.0, 0.27), 38.0, 400, 320)
"""A view from the side, where the arm and its path can be seen."""

INSET = 288  # pixels a side of the camera's image
FINE = 1.25  # pictures of the view are made this much larger and scaled down
FPS, LONGEST = 8.0, 8.0  # pictures per s; s of film
SURE, UNSURE, WORD = (0, 158, 115), (213, 94, 0), (38, 50, 56)


def render_sight(
    robot: Robot,
    log: EpisodeLog,
    moves: Sequence[Move],
    detector: LoadedDetector,
    path: str | Path,
    seed: int,
    confident: float = 0.5,
    engine: str = AUTO,
) -> Path:
    """Replay an episode: the arm from the side, and its camera's image with what was found.

    Parameters
    ----------
    robot, log : of the episode.
    moves : of the box; the first one, at time 0, puts it where it stood at the start.
    detector : that looks at the images again.
    path : of the file, .gif or .mp4.
    seed : of light, colours and clutter.
    confident : least confidence of what is marked as found.
    engine : that renders, see `elcd_policy_sim.arm.choose_engine`.

    Raises
    ------
    ParameterError
        If the path can't be written.
    """
    path = check_film(path)
    time = log.time - log.time[0]
    speed = max(1.0, float(time[-1]) / LONGEST)
    scene = sample_scene(np.random.default_rng(seed)).with_box_at(moves[0].place)
    plain = replace(scene, light=replace(scene.light, shadow=True), texture=-1)
    size = (VIEW.width, VIEW.height)
    large = replace(VIEW, width=round(FINE * VIEW.width), height=round(FINE * VIEW.height))
    frames, waiting = [], list(moves)
    with (
        TableCamera(robot, detector.metadata.camera, engine) as eye,
        TableCamera(robot, large, engine) as view,
    ):
        eye.show(scene)
        view.show(plain)
        for moment in np.arange(0.0, time[-1], speed / FPS):
            while waiting and moment >= waiting[0].time:
                place = waiting.pop(0).place
                eye.move_box(place)
                view.move_box(place)
            joints = log.joint_positions[int(np.searchsorted(time, moment))]
            seen = eye.picture(joints)
            frame = Image.new("RGB", (size[0] + INSET + 12, size[1]), "white")
            side = Image.fromarray(view.picture(joints)).resize(size, Image.Resampling.LANCZOS)
            frame.paste(side, (0, 0))
            frame.paste(_mark_detection(seen, detector, confident), (size[0] + 12, 32))
            pen = ImageDraw.Draw(frame)
            pen.text((size[0] + 12, 8), "what the camera sees", WORD, ImageFont.load_default(14))
            clock = f"{moment:.1f} s" + (f"  x{speed:.1f}" if speed > 1 else "")
            pen.text((8, 6), clock, WORD, ImageFont.load_default(14))
            frames.append(frame)
    return write_film(frames, path, FPS, (SURE, UNSURE, (204, 26, 26)))


def _mark_detection(picture: np.ndarray, detector: LoadedDetector, confident: float) -> Image.Image:
    """Mark where the box was found in the camera's image, and with what confidence."""
    found = detector.locate(picture)
    image = Image.fromarray(picture).resize((INSET, INSET), Image.Resampling.NEAREST)
    pen, colour = ImageDraw.Draw(image), SURE if found.confidence >= confident else UNSURE
    scale = INSET / picture.shape[1]
    u, v = scale * detector.metadata.camera.project(found.position)
    if found.confidence >= confident:
        for ends in ((u - 14, v, u + 14, v), (u, v - 14, u, v + 14)):
            pen.line(ends, colour, 2)
    pen.text(
        (6, INSET - 20),
        f"confidence {found.confidence:.2f}",
        colour,
        ImageFont.load_default(14),
        stroke_width=2,
        stroke_fill="white",
    )
    return image
