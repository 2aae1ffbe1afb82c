"""A simulated camera over the table: what stands there, and the arm, as an engine renders them."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from elcd_policy.perception.camera import Camera

from ..arm.engines import AUTO, choose_engine, open_renderer
from ..arm.renderer import Picture, Solid
from ..robot import Robot
from .table_scene import TEXTURES, TableScene, texture_pixels

Vector = NDArray[np.float64]

CAMERA = Camera((1.25, 0.0, 0.85), (0.5, 0.0, 0.03), 40.0, 96, 96)
"""Before the arm and above, looking back at it over the table: the hand hides little."""

TABLE = (3.0, 3.0, 0.02)  # m
TABLE_CENTRE = (0.4, 0.0, -0.01)  # m
SEEN = 0.3  # share of the box's outline that has to be free for it to be seen


class TableCamera(AbstractContextManager["TableCamera"]):
    """A camera, a table and an arm; use it in a ``with`` block.

    The arm is drawn by its collision shapes.

    Parameters
    ----------
    robot : the arm.
    camera : where from.
    engine : see `elcd_policy_sim.arm.choose_engine`.

    Raises
    ------
    MissingExtraError
        If the engine is not installed.
    """

    def __init__(self, robot: Robot, camera: Camera = CAMERA, engine: str = AUTO) -> None:
        self.camera, self.scene = camera, TableScene()
        self._renderer = open_renderer(
            choose_engine(engine),
            robot,
            camera,
            collision_shapes=True,
            textures=[texture_pixels(number) for number in range(TEXTURES)],
        )
        self.show(self.scene)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the renderer; no more images can be taken."""
        self._renderer.close()

    def show(self, scene: TableScene) -> None:
        """Clear the table, and put what the scene says on it."""
        self.scene = scene
        table = Solid("box", TABLE, TABLE_CENTRE, scene.table, texture=scene.texture)
        box = [] if scene.box is None else [scene.box]
        self._renderer.show([table, *(thing.to_solid() for thing in (*scene.things, *box))])

    def move_box(self, place: tuple[float, float]) -> None:
        """Put the box somewhere else on the table, [2] in m."""
        self.show(self.scene.with_box_at(place))

    def picture(self, joints: Vector | None = None) -> Picture:
        """Render the image [H, W, 3], red, green, blue, with the arm at ``joints`` [n] in rad."""
        if joints is not None:
            self._renderer.place(joints)
        return self._renderer.render(self.scene.light)

    def render_with_truth(self, joints: Vector | None = None) -> tuple[Picture, Vector]:
        """Return the image, and the position [3] in m of the box's centre; NaN if it is not seen.

        A box of whose outline most is hidden, or outside the image, counts as not seen.
        """
        picture = self.picture(joints)
        nowhere = np.full(3, np.nan)
        box = self.scene.box
        if box is None:
            return picture, nowhere
        number = 1 + len(self.scene.things)  # behind the table and the things
        visible = int((self._renderer.segment() == number).sum())
        centre = np.array([*box.place, box.size[2] / 2])
        ahead = self.camera.axes[2] @ (centre - self.camera.position)
        pixels = (self.camera.intrinsics[0, 0] * box.size[0] / ahead) ** 2
        return picture, centre if visible >= SEEN * 1.3 * pixels else nowhere
