"""A simulated camera: what stands on the table and the arm over it, as PyBullet renders them."""

from __future__ import annotations

import os
import tempfile
import xml.etree.ElementTree as ElementTree
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from elcd_policy.perception.camera import Camera

from ..arm.bullet.bullet_model import Body
from ..arm.bullet.client import connect, find_urdf
from ..robot import Robot
from .table_scene import TEXTURES, TableScene, Thing, texture_pixels

Vector = NDArray[np.float64]
Picture = NDArray[np.uint8]

CAMERA = Camera((1.25, 0.0, 0.85), (0.5, 0.0, 0.03), 40.0, 96, 96)
"""Before the arm and above, looking back at it over the table: the hand hides little."""

TABLE = (3.0, 3.0, 0.02)  # m
TABLE_CENTRE = (0.4, 0.0, -0.01)  # m
NEAR, FAR = 0.1, 4.0  # m, that the renderer keeps
ARM_COLOUR = (0.92, 0.92, 0.94, 1.0)
SEEN = 0.3  # share of the box's outline that has to be free for it to be seen


class TableCamera(AbstractContextManager["TableCamera"]):
    """A physics client of its own, used for its renderer alone; use it in a ``with`` block.

    The arm is drawn by its collision shapes: with the visual meshes of a Panda a picture takes
    fifteen times as long.

    Parameters
    ----------
    robot : the arm.
    camera : where from.

    Raises
    ------
    MissingExtraError
        If PyBullet is not installed.
    """

    def __init__(self, robot: Robot, camera: Camera = CAMERA) -> None:
        self.camera, self.scene = camera, TableScene()
        self._client = client = connect()
        self._things: list[int] = []
        self._box: int | None = None
        with tempfile.TemporaryDirectory() as folder:
            self.arm = Body(client, plain(robot, Path(folder)), visible=True)
            self._textures = [self._load_texture(Path(folder), i) for i in range(TEXTURES)]
        self._table = self._add("box", TABLE, TABLE_CENTRE)
        self._view = client.computeViewMatrix(camera.position, camera.target, [0, 0, 1])
        projection = list(
            client.computeProjectionMatrixFOV(
                camera.field_of_view, camera.width / camera.height, NEAR, FAR
            )
        )
        # The renderer draws half a pixel too far to the right and up.
        projection[8] += 1.0 / camera.width
        projection[9] += 1.0 / camera.height
        self._projection = projection
        self.arm.place(robot.home)
        self.show(self.scene)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect; no more pictures can be taken."""
        if self._client is not None:
            self._client.disconnect()
            self._client = None

    def show(self, scene: TableScene) -> None:
        """Clear the table, and put what the scene says on it."""
        client = self._client
        for body in [*self._things, *([] if self._box is None else [self._box])]:
            client.removeBody(body)
        self.scene = scene
        self._things = [self._add_thing(thing) for thing in scene.things]
        self._box = None if scene.box is None else self._add_thing(scene.box)
        texture = -1 if scene.texture < 0 else self._textures[scene.texture]
        client.changeVisualShape(
            self._table, -1, textureUniqueId=texture, rgbaColor=(*scene.table, 1.0)
        )

    def move_box(self, place: tuple[float, float]) -> None:
        """Put the box somewhere else on the table, [2] in m."""
        self.show(self.scene.with_box_at(place))

    def picture(self, joints: Vector | None = None) -> Picture:
        """The image [H, W, 3], red, green, blue, with the arm at ``joints`` [n] in rad."""
        return self._render(joints)[0]

    def render_with_truth(self, joints: Vector | None = None) -> tuple[Picture, Vector]:
        """The image, and the position [3] in m of the box's centre; NaN if it is not seen.

        A box of whose outline most is hidden, or outside the image, counts as not seen.
        """
        picture, bodies = self._render(joints)
        nowhere = np.full(3, np.nan)
        box = self.scene.box
        if box is None or self._box is None:
            return picture, nowhere
        centre = np.array([*box.place, box.size[2] / 2])
        visible = int((bodies == self._box).sum())
        ahead = self.camera.axes[2] @ (centre - self.camera.position)
        pixels = (self.camera.intrinsics[0, 0] * box.size[0] / ahead) ** 2
        return picture, centre if visible >= SEEN * 1.3 * pixels else nowhere

    def _render(self, joints: Vector | None) -> tuple[Picture, NDArray[np.int64]]:
        if joints is not None:
            self.arm.place(joints)
        light, (width, height) = self.scene.light, (self.camera.width, self.camera.height)
        _, _, rgba, _, bodies = self._client.getCameraImage(
            width,
            height,
            self._view,
            self._projection,
            shadow=int(light.shadow),
            lightDirection=light.direction,
            lightColor=light.colour,
            lightAmbientCoeff=light.ambient,
            lightDiffuseCoeff=light.diffuse,
            lightSpecularCoeff=light.specular,
            renderer=self._client.ER_TINY_RENDERER,
        )
        pixels = np.reshape(np.asarray(rgba, dtype=np.uint8), (height, width, 4))
        return pixels[..., :3].copy(), np.reshape(np.asarray(bodies), (height, width))

    def _add_thing(self, thing: Thing) -> int:
        body = self._add(thing.shape, thing.size, (*thing.place, _height(thing) / 2), thing.yaw)
        self._client.changeVisualShape(body, -1, rgbaColor=(*thing.colour, 1.0))
        return body

    def _add(
        self,
        shape: str,
        size: tuple[float, float, float],
        centre: tuple[float, float, float],
        yaw: float = 0.0,
    ) -> int:
        client = self._client
        if shape == "box":
            options = {"shapeType": client.GEOM_BOX, "halfExtents": [edge / 2 for edge in size]}
        elif shape == "cylinder":
            options = {"shapeType": client.GEOM_CYLINDER, "radius": size[0] / 2, "length": size[2]}
        else:
            options = {"shapeType": client.GEOM_SPHERE, "radius": size[0] / 2}
        turn = client.getQuaternionFromEuler([0.0, 0.0, yaw])
        return int(client.createMultiBody(0, -1, client.createVisualShape(**options), centre, turn))

    def _load_texture(self, folder: Path, number: int) -> int:
        path = folder / f"{number}.png"
        Image.fromarray(texture_pixels(number)).save(path)
        return int(self._client.loadTexture(str(path)))


def _height(thing: Thing) -> float:
    return thing.size[0] if thing.shape == "sphere" else thing.size[2]


def plain(robot: Robot, folder: Path) -> Robot:
    """The robot with a model, written to ``folder``, that looks like its collision shapes."""
    source = find_urdf(robot.urdf)
    model = ElementTree.parse(source).getroot()
    for link in model.iter("link"):
        for visual in link.findall("visual"):
            link.remove(visual)
        for collision in link.findall("collision"):
            visual = ElementTree.SubElement(link, "visual")
            visual.extend(part for part in collision if part.tag in ("origin", "geometry"))
            material = ElementTree.SubElement(visual, "material", name="plain")
            ElementTree.SubElement(material, "color", rgba=" ".join(map(str, ARM_COLOUR)))
    for mesh in model.iter("mesh"):
        mesh.set("filename", _resolved(mesh.get("filename", ""), source))
    path = folder / source.name
    ElementTree.ElementTree(model).write(path)
    return replace(robot, urdf=str(path))


def _resolved(name: str, model: Path) -> str:
    """A mesh's absolute path; what Bullet finds beside the model or above it."""
    relative = name.removeprefix("package://").removeprefix("file://")
    for folder in model.parents:
        if (folder / relative).is_file():
            return os.fspath((folder / relative).resolve())
    return name
