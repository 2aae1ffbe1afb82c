"""PyBullet's software renderer: see `Renderer`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from elcd_policy.perception import Camera

from ...robot import Robot
from ..renderer import ARM, FAR, NEAR, NOTHING, Light, Mesh, Picture, Solid
from .bullet_urdf import load_arm
from .client import connect

Vector = NDArray[np.float64]


class BulletRenderer:
    """A physics client of its own, used for its renderer alone.

    Parameters
    ----------
    robot : the arm.
    camera : where from.
    collision_shapes : draw these instead of the visual ones: with the meshes of a Panda a
        picture takes fifteen times as long.
    meshes : bodies that stay.
    textures : pixels [h, w, 3] each.

    Raises
    ------
    MissingExtraError
        If PyBullet is not installed.
    """

    def __init__(
        self,
        robot: Robot,
        camera: Camera,
        *,
        collision_shapes: bool = False,
        meshes: Sequence[Mesh] = (),
        textures: Sequence[Picture] = (),
    ) -> None:
        self._camera = camera
        self._client: Any = connect()
        client = self._client
        self._arm = load_arm(client, robot, visible=True, collision_shapes=collision_shapes)
        infos = [client.getJointInfo(self._arm, i) for i in range(client.getNumJoints(self._arm))]
        numbers = {info[1].decode(): info[0] for info in infos}
        self._joints = [numbers[name] for name in robot.arm_joints]
        self._meshes = [self._add_mesh(mesh) for mesh in meshes]
        self._solids: list[int] = []
        with tempfile.TemporaryDirectory() as folder:
            self._textures = [
                self._load_texture(Path(folder) / f"{number}.png", pixels)
                for number, pixels in enumerate(textures)
            ]
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
        self._seen: NDArray[np.int64] | None = None
        self.place(robot.home)

    def close(self) -> None:
        """See `Renderer`."""
        if self._client is not None:
            self._client.disconnect()
            self._client = None

    def place(self, joints: Vector) -> None:
        """See `Renderer`."""
        for joint, position in zip(self._joints, joints, strict=True):
            self._client.resetJointState(self._arm, joint, position)

    def show(self, solids: Sequence[Solid]) -> None:
        """See `Renderer`."""
        for body in self._solids:
            self._client.removeBody(body)
        self._solids = [self._add_solid(solid) for solid in solids]

    def render(self, light: Light) -> Picture:
        """See `Renderer`."""
        width, height = self._camera.width, self._camera.height
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
        self._seen = np.reshape(np.asarray(bodies), (height, width))
        pixels = np.reshape(np.asarray(rgba, dtype=np.uint8), (height, width, 4))
        return pixels[..., :3].copy()

    def segment(self) -> NDArray[np.int64]:
        """See `Renderer`."""
        assert self._seen is not None, "segment() before render()"
        named = np.full(self._seen.shape, NOTHING, dtype=np.int64)
        named[self._seen == self._arm] = ARM
        for number, body in enumerate([*self._solids, *self._meshes]):
            named[self._seen == body] = number
        return named

    def _add_solid(self, solid: Solid) -> int:
        client, (width, depth, height) = self._client, solid.size
        if solid.shape == "box":
            half = [width / 2, depth / 2, height / 2]
            shape = client.createVisualShape(client.GEOM_BOX, halfExtents=half)
        elif solid.shape == "cylinder":
            shape = client.createVisualShape(client.GEOM_CYLINDER, radius=width / 2, length=height)
        else:
            shape = client.createVisualShape(client.GEOM_SPHERE, radius=width / 2)
        turn = client.getQuaternionFromEuler([0.0, 0.0, solid.yaw])
        body = int(client.createMultiBody(0, -1, shape, solid.centre, turn))
        texture = -1 if solid.texture < 0 else self._textures[solid.texture]
        client.changeVisualShape(body, -1, textureUniqueId=texture, rgbaColor=(*solid.colour, 1.0))
        return body

    def _add_mesh(self, mesh: Mesh) -> int:
        shape = self._client.createVisualShape(
            self._client.GEOM_MESH,
            vertices=mesh.vertices.tolist(),
            indices=mesh.triangles.ravel().tolist(),
            rgbaColor=(*mesh.colour, 1.0),
        )
        return int(self._client.createMultiBody(0, -1, shape))

    def _load_texture(self, path: Path, pixels: Picture) -> int:
        Image.fromarray(pixels).save(path)
        return int(self._client.loadTexture(str(path)))
