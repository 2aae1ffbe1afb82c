"""The interface of an engine's renderer: an arm among solids, seen by a camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]

#: In `Renderer.segment`: pixels of no body, and of the arm.
NOTHING, ARM = -1, -2
NEAR, FAR = 0.1, 12.0  # m, that a renderer keeps


@dataclass(frozen=True)
class Solid:
    """A body that only looks: nothing collides with it.

    Parameters
    ----------
    shape : "box", "cylinder" or "sphere".
    size : [3] in m, edges of a box; of others the first is the diameter, the last the height.
    centre : [3] in m.
    colour : red, green and blue, 0 to 1; multiplies the texture.
    yaw : rad, about the vertical.
    texture : number of the renderer's texture; -1 for none.
    """

    shape: str
    size: tuple[float, float, float]
    centre: tuple[float, float, float]
    colour: Colour
    yaw: float = 0.0
    texture: int = -1


@dataclass(frozen=True, eq=False)
class Mesh:
    """A closed body that only looks.

    Parameters
    ----------
    vertices : [V, 3] in m.
    triangles : [F, 3] of vertices, counterclockwise from outside.
    colour : red, green and blue, 0 to 1.
    """

    vertices: Vector
    triangles: NDArray[np.int64]
    colour: Colour


@dataclass(frozen=True)
class Light:
    """A distant light.

    Parameters
    ----------
    direction : towards the light.
    colour : red, green and blue, 0 to 1.
    ambient, diffuse, specular : shares of its colour that a surface gives back.
    shadow : whether bodies cast one.
    """

    direction: tuple[float, float, float] = (1.5, -1.0, 3.0)
    colour: Colour = (1.0, 1.0, 1.0)
    ambient: float = 0.55
    diffuse: float = 0.5
    specular: float = 0.1
    shadow: bool = False


class Renderer(Protocol):
    """Draws a robot and solids from one camera, without a window, on a white background."""

    def close(self) -> None:
        """Release the engine."""

    def place(self, joints: Vector) -> None:
        """Put the arm at joint positions [n] in rad."""

    def show(self, solids: Sequence[Solid]) -> None:
        """Show these solids, in place of those shown before."""

    def render(self, light: Light) -> Picture:
        """Return the image [H, W, 3]: red, green, blue."""

    def segment(self) -> NDArray[np.int64]:
        """Return which body each pixel [H, W] of the last image shows.

        A solid is named by its place in the list; meshes follow the solids. The rest is `ARM` or
        `NOTHING`.
        """
