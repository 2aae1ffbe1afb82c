"""A short film of an episode, rendered headless after the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from elcd_policy.errors import ParameterError
from elcd_policy.perception import Camera

from ..arm.engines import AUTO, choose_engine, open_renderer
from ..arm.renderer import NOTHING, Light, Mesh
from ..episodes.log import EpisodeLog
from ..robot import Robot
from .film_file import check_film, write_film

Vector = NDArray[np.float64]

LONGEST = 8.0  # s of film; longer episodes are shown faster
LINGER = 0.6  # s for which a push stays marked after its end, for the eye
FINE = 1.5  # pictures are made this much larger and scaled down, which smooths all edges

WORD, REFERENCE, EXECUTED, PUSHED = (38, 50, 56), (90, 98, 110), (21, 101, 192), (211, 47, 47)


def render_video(
    robot: Robot,
    log: EpisodeLog,
    path: str | Path,
    fps: float = 12.5,
    size: tuple[int, int] = (400, 300),
    trail: bool = True,
    path_points: ArrayLike | None = None,
    bodies: Sequence[Mesh] = (),
    engine: str = AUTO,
) -> Path:
    """Replay an episode's joint positions and film them.

    The camera looks onto the robot's writing plane from before it. Drawn over its pictures:
    the reference path, the executed one so far, and an arrow with a word at each push.

    Parameters
    ----------
    robot : that ran the episode.
    log : of the episode.
    path : of the file, .gif or .mp4; written completely or not at all.
    fps : pictures per second of the film. An episode longer than 8 s is shown faster.
    size : width and height in pixels.
    trail : whether to draw the executed path.
    path_points : [M, 3] in m, base frame, the reference path, if any.
    bodies : what else there is to see, see `make_obstacle_bodies`.
    engine : that renders, see `elcd_policy_sim.arm.choose_engine`.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    ParameterError
        If the episode is empty, or the path can't be written.
    MissingExtraError
        If the engine, or the encoder for .mp4, is not installed.
    """
    path = check_film(path)
    if len(log) < 2:
        raise ParameterError("an episode is too short for a video", got=f"{len(log)} rows")
    reference = np.empty((0, 3)) if path_points is None else np.asarray(path_points, np.float64)
    speed = max(1.0, float(log.time[-1] - log.time[0]) / LONGEST)
    times = np.arange(log.time[0], log.time[-1] + speed / fps, speed / fps)
    rows = np.minimum(np.searchsorted(log.time, times), len(log) - 1).tolist()
    camera = _camera(robot, *size)
    overlay = _Overlay(camera, log, reference, trail, speed)
    pictures = _pictures(robot, log.joint_positions[rows], camera, bodies, engine)
    frames = []
    for picture, row in zip(pictures, rows, strict=True):
        overlay.draw(picture, row)
        frames.append(picture.resize(size, Image.Resampling.LANCZOS))
    return write_film(frames, path, fps, (WORD, REFERENCE, EXECUTED, PUSHED))


def _camera(robot: Robot, width: int, height: int) -> Camera:
    """Place a camera before the writing plane, a little to the side and above."""
    plane = robot.writing_plane
    right, _, normal = plane.rotation.T
    target = plane.centre - 0.12 * normal - 0.03 * right + [0.0, 0.0, 0.07]
    eye = target + 1.2 * normal - 0.55 * right + [0.0, 0.0, 0.3]
    return Camera(tuple(eye), tuple(target), 32.0, round(FINE * width), round(FINE * height))


def _floor(camera: Camera) -> NDArray[np.uint8]:
    """Draw the empty room [height, width, 3]: a light floor with a line every 0.2 m."""
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    pixels = np.stack([u, v, np.ones_like(u)], axis=-1)
    rays = pixels @ np.linalg.inv(camera.intrinsics).T @ camera.axes
    down = np.minimum(rays[..., 2:], -1e-6)
    reach = camera.position[2] / -down * rays
    cells = (camera.position + reach)[..., :2] / 0.2
    step = np.abs(np.gradient(cells, axis=0)) + np.abs(np.gradient(cells, axis=1)) + 1e-9
    line = (1.2 - np.abs(cells - np.round(cells)) / step).clip(0, 1).max(axis=-1)
    far = np.linalg.norm(reach[..., :2], axis=-1)
    fade = np.exp(-((far / 2.2) ** 2)) * (rays[..., 2] < 0)
    room = 255 - fade[..., None] * ([18, 18, 16] + line[..., None] * [34, 32, 28])
    return room.astype(np.uint8)


def _pictures(
    robot: Robot, joints: Vector, camera: Camera, bodies: Sequence[Mesh], engine: str
) -> Iterator[Image.Image]:
    """Render the arm at joint positions [F, n] on a light floor, one picture each."""
    room = _floor(camera)
    with closing(open_renderer(choose_engine(engine), robot, camera, meshes=bodies)) as renderer:
        for row in joints:
            renderer.place(row)
            picture = renderer.render(Light())
            nothing = renderer.segment() == NOTHING
            yield Image.fromarray(np.where(nothing[..., None], room, picture))


class _Overlay:
    """Paths, pushes and the clock, drawn over a picture of the arm at a row of the log."""

    def __init__(
        self, camera: Camera, log: EpisodeLog, reference: Vector, trail: bool, speed: float
    ) -> None:
        self.camera, self.log, self.trail, self.speed = camera, log, trail, speed
        self.reference = camera.project(reference)
        self.executed = camera.project(log.position)
        self.pushed = np.linalg.norm(log.force, axis=1) > 0
        self.font = ImageFont.load_default(size=camera.height // 19)

    def draw(self, picture: Image.Image, row: int) -> None:
        pen = ImageDraw.Draw(picture)
        for start in range(0, len(self.reference) - 1, 6):
            self._line(pen, self.reference[start : start + 4], REFERENCE, 2)
        if self.trail:
            self._line(pen, self.executed[: row + 1], EXECUTED, 4)
            for first, last in self._pushes(row):
                self._line(pen, self.executed[first : last + 1], PUSHED, 4)
        x, y = self.executed[row]
        dot = 4 * FINE
        pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=EXECUTED, outline="white")
        for first, last in self._pushes(row):
            if self.log.time[row] - self.log.time[last] <= LINGER * self.speed:
                self._arrow(pen, first)
        clock = f"{self.log.time[row]:.1f} s" + (f"  x{self.speed:.1f}" if self.speed > 1 else "")
        pen.text(
            (8 * FINE, 6 * FINE),
            clock,
            fill=WORD,
            font=self.font,
            stroke_width=2,
            stroke_fill="white",
        )

    def _pushes(self, row: int) -> list[tuple[int, int]]:
        """Return first and last row of each push that has begun by now."""
        edges = np.flatnonzero(np.diff(self.pushed[: row + 1].astype(int), prepend=0, append=0))
        return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]

    def _arrow(self, pen: ImageDraw.ImageDraw, row: int) -> None:
        """Draw an arrow whose tip touches the arm where the push began, and its force in words."""
        force, tip = self.log.force[row], self.log.position[row]
        strength = float(np.linalg.norm(force))
        points = self.camera.project(np.stack([tip - 0.13 * force / strength, tip]))
        tail, head = points
        along = head - tail
        along = along / max(float(np.linalg.norm(along)), 1e-9)
        side = np.array([-along[1], along[0]])
        size = 11 * FINE
        self._line(pen, np.stack([tail, head - 0.7 * size * along]), PUSHED, 5)
        corners = [head, head - size * along + 0.6 * size * side]
        corners.append(head - size * along - 0.6 * size * side)
        pen.polygon([tuple(corner) for corner in corners], fill=PUSHED)
        word = f"push {strength:.0f} N"
        left, top, right, bottom = pen.textbbox((0, 0), word, font=self.font)
        middle = tail - along * (6 * FINE + np.abs(along) @ [(right - left) / 2, bottom / 2])
        limit = np.array([self.camera.width, self.camera.height]) - [right + 4, bottom + 4]
        corner = np.clip(middle - [(left + right) / 2, (top + bottom) / 2], 4, limit)
        pen.text(
            tuple(corner), word, fill=PUSHED, font=self.font, stroke_width=2, stroke_fill="white"
        )

    def _line(
        self, pen: ImageDraw.ImageDraw, points: Vector, colour: tuple[int, int, int], width: int
    ) -> None:
        if len(points) > 1:
            pen.line(
                [tuple(p) for p in points], fill=colour, width=round(width * FINE), joint="curve"
            )
