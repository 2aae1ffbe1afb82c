"""The table before the arm, drawn at random: light, colours, clutter.

The thing to find is a red box. Whatever else lies there has another colour, any shape and size.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elcd_policy.errors import ParameterError

from ..arm.renderer import Colour, Light, Solid

Vector = NDArray[np.float64]

SIDE = 0.05  # m, of the box to find
PLANE = SIDE / 2  # m, height of its centre; the table is at height 0
LOWER, UPPER = (0.38, -0.30), (0.68, 0.30)
"""m, corners of the part of the table, in the arm's base frame, where the box may stand."""

RED = 0.035  # of the colour circle: the box's hue differs from red by at most this
NOT_RED = 0.11  # and that of other things by at least this
THINGS = 7  # at most, besides the box
APART = 0.055  # m, at least, from the box's centre to another thing's
TEXTURES = 24


@dataclass(frozen=True)
class Thing:
    """One body on the table.

    Parameters
    ----------
    shape : "box", "cylinder" or "sphere".
    size : [3] in m, edges of a box; of others the first is the diameter, the last the height.
    colour : red, green and blue, 0 to 1.
    place : [2] in m, x and y.
    yaw : rad.
    """

    shape: str
    size: tuple[float, float, float]
    colour: Colour
    place: tuple[float, float]
    yaw: float = 0.0

    def to_solid(self) -> Solid:
        """Return the body that stands on the table, at height 0."""
        height = self.size[0] if self.shape == "sphere" else self.size[2]
        return Solid(self.shape, self.size, (*self.place, height / 2), self.colour, self.yaw)


@dataclass(frozen=True)
class TableScene:
    """A table with the box to find and other things.

    Parameters
    ----------
    box : the thing to find; None if it is not there.
    things : all others.
    table : its colour; it multiplies the texture.
    texture : number of the table's texture, 0 to `TEXTURES` - 1; -1 for none.
    light : how it is lit.
    """

    box: Thing | None = None
    things: tuple[Thing, ...] = ()
    table: Colour = (0.75, 0.72, 0.68)
    texture: int = -1
    light: Light = field(default_factory=Light)

    def with_box_at(self, place: ArrayLike) -> TableScene:
        """Return the scene with its box, or a plain one, at a place [2] in m.

        Raises
        ------
        ParameterError
            If that is not on the part of the table where it may stand.
        """
        x, y = validate_place(place)
        box = self.box or red_box((x, y))
        return replace(self, box=replace(box, place=(x, y)))


def red_box(place: tuple[float, float], yaw: float = 0.0) -> Thing:
    """Return a plain box to find."""
    return Thing("box", (SIDE, SIDE, SIDE), (0.8, 0.1, 0.1), place, yaw)


def validate_place(place: ArrayLike) -> tuple[float, float]:
    """Return a place [2] in m if the box may stand there.

    Raises
    ------
    ParameterError
        If it may not.
    """
    values = np.asarray(place, dtype=np.float64)
    if values.shape != (2,) or not ((values >= LOWER) & (values <= UPPER)).all():
        raise ParameterError(
            "the box can't stand there", got=values.tolist(), expected=f"{LOWER} to {UPPER} m"
        )
    return float(values[0]), float(values[1])


@dataclass(frozen=True)
class Move:
    """The box, put somewhere else.

    Parameters
    ----------
    time : s.
    place : [2] in m.
    """

    time: float
    place: tuple[float, float]

    def __str__(self) -> str:
        return f"{self.time!r}:{self.place[0]!r},{self.place[1]!r}"


def parse_moves(text: str) -> list[Move]:
    """Read moves ``t:x,y`` in s and m, separated by blanks or ';', and sort them by time.

    Raises
    ------
    ParameterError
        If one can't be read, or leads to where the box can't stand.
    """
    moves = []
    for word in text.replace(";", " ").split():
        try:
            time, _, place = word.partition(":")
            x, y = (float(number) for number in place.split(","))
            move = Move(float(time), (x, y))
            if not 0 <= move.time < np.inf:
                raise ValueError
        except ValueError:
            raise ParameterError(
                "a move of the box can't be read", got=repr(word), expected="t:x,y in s and m"
            ) from None
        validate_place(move.place)
        moves.append(move)
    return sorted(moves, key=lambda move: move.time)


def sample_place(seed: int, number: int = 0) -> tuple[float, float]:
    """Draw a place for the box at random."""
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    x, y = random.uniform(LOWER, UPPER)
    return float(x), float(y)


def sample_scene(random: np.random.Generator, absent: float = 0.0) -> TableScene:
    """Draw a scene at random.

    Parameters
    ----------
    random : that draws.
    absent : probability that there is no box.
    """
    place = random.uniform(LOWER, UPPER)
    colour = _colour(random, random.uniform(-RED, RED), (0.6, 1.0), (0.45, 1.0))
    box = Thing("box", (SIDE,) * 3, colour, (place[0], place[1]), random.uniform(0, np.pi / 2))
    things = []
    for _ in range(random.integers(0, THINGS + 1)):
        thing = _thing(random)
        if np.hypot(thing.place[0] - place[0], thing.place[1] - place[1]) > APART:
            things.append(thing)
    light = Light(
        direction=(random.uniform(-2, 2), random.uniform(-2, 2), random.uniform(1.5, 4)),
        colour=_colour(random, random.uniform(), (0.0, 0.2), (0.8, 1.0)),
        ambient=random.uniform(0.3, 0.7),
        diffuse=random.uniform(0.25, 0.7),
        specular=random.uniform(0.0, 0.4),
        shadow=bool(random.uniform() < 0.5),
    )
    return TableScene(
        box=None if random.uniform() < absent else box,
        things=tuple(things),
        table=_colour(random, random.uniform(), (0.0, 0.45), (0.35, 1.0)),
        texture=int(random.integers(-1, TEXTURES)),
        light=light,
    )


def texture_pixels(number: int) -> NDArray[np.uint8]:
    """Draw the pixels [128, 128, 3] of a table's texture: grain, checks or stripes."""
    random = np.random.default_rng([7, number])
    x, y = np.meshgrid(np.linspace(0, 1, 128), np.linspace(0, 1, 128))
    waves, turn = random.uniform(6, 30), random.uniform(0, np.pi)
    along, across = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    pattern = [
        lambda: np.sin(2 * np.pi * waves * along),
        lambda: np.sin(2 * np.pi * waves * along) * np.sin(2 * np.pi * waves * across),
        lambda: np.sin(2 * np.pi * waves * along + 3 * np.sin(9 * across)),
    ][number % 3]()
    if number % 2:
        pattern = np.sign(pattern)
    grain = random.normal(size=pattern.shape)
    grey = 0.8 + random.uniform(0.03, 0.15) * pattern + random.uniform(0.0, 0.06) * grain
    tint = random.uniform(0.85, 1.0, size=3)
    return (255 * (grey[..., None] * tint).clip(0, 1)).astype(np.uint8)


def _thing(random: np.random.Generator) -> Thing:
    diameter, depth, height = random.uniform(0.02, 0.08, size=3)
    return Thing(
        shape=("box", "cylinder", "sphere")[random.integers(3)],
        size=(diameter, depth, height),
        colour=_colour(random, random.uniform(NOT_RED, 1 - NOT_RED), (0.0, 1.0), (0.15, 1.0)),
        place=(random.uniform(0.3, 0.8), random.uniform(-0.42, 0.42)),
        yaw=random.uniform(0, np.pi),
    )


def _colour(
    random: np.random.Generator,
    hue: float,
    saturation: tuple[float, float],
    value: tuple[float, float],
) -> Colour:
    return colorsys.hsv_to_rgb(hue % 1.0, random.uniform(*saturation), random.uniform(*value))
