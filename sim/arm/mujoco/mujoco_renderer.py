"""MuJoCo's renderer: see `Renderer`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from elcd_policy.errors import MissingExtraError
from elcd_policy.perception import Camera

from ...robot import Robot
from ..renderer import ARM, FAR, NEAR, NOTHING, Light, Mesh, Picture, Solid
from .library import load_mujoco
from .mujoco_urdf import compile_specification, read_specification

Vector = NDArray[np.float64]

CAMERA, LIGHT = "camera", "light"
DISTANCE = 3.0  # m, of the light
SHADOWS = 1024  # pixels a side of the map of shadows


class MujocoRenderer:
    """A model of its own, drawn by OpenGL without a window.

    Parameters
    ----------
    robot : the arm.
    camera : where from.
    collision_shapes : draw these instead of the visual ones.
    meshes : bodies that stay.
    textures : pixels [h, w, 3] each.

    Raises
    ------
    MissingExtraError
        If MuJoCo is not installed, or there is no OpenGL to render with.
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
        self._mujoco = mujoco = load_mujoco()
        specification = read_specification(robot, visible=True, collision_shapes=collision_shapes)
        self._set_view(specification, camera)
        self._add_textures(specification, textures)
        for number, mesh in enumerate(meshes):
            self._add_mesh(specification, mesh, _mesh_name(number))
        self._model = compile_specification(specification, robot.urdf)
        self._data = mujoco.MjData(self._model)
        self._positions = [self._model.joint(name).qposadr[0] for name in robot.arm_joints]
        self._materials = [
            self._model.material(_texture_name(number)).id for number in range(len(textures))
        ]
        self._meshes = [self._model.geom(_mesh_name(number)).id for number in range(len(meshes))]
        self._solids: Sequence[Solid] = ()
        try:
            self._renderer = mujoco.Renderer(self._model, camera.height, camera.width)
        except Exception as error:  # each OpenGL has errors of its own
            raise MissingExtraError(
                "OpenGL",
                "mujoco",
                f"MuJoCo can't render here: {error}; on Ubuntu: sudo apt-get install libegl1 "
                "libgl1, and MUJOCO_GL=egl",
            ) from error
        self.place(robot.home)

    def close(self) -> None:
        """See `Renderer`."""
        self._renderer.close()

    def place(self, joints: Vector) -> None:
        """See `Renderer`."""
        self._data.qpos[self._positions] = joints
        self._mujoco.mj_forward(self._model, self._data)

    def show(self, solids: Sequence[Solid]) -> None:
        """See `Renderer`."""
        self._solids = tuple(solids)

    def render(self, light: Light) -> Picture:
        """See `Renderer`."""
        model, colour = self._model, np.array(light.colour)
        model.light_pos[0] = DISTANCE * np.array(light.direction)
        model.light_dir[0] = -np.array(light.direction) / np.linalg.norm(light.direction)
        # Of the headlight, so that it is in the shadows, too.
        model.vis.headlight.ambient = light.ambient * colour
        model.light_diffuse[0] = light.diffuse * colour
        model.light_specular[0] = light.specular * colour
        model.light_castshadow[0] = light.shadow
        self._mujoco.mj_forward(model, self._data)
        self._fill_scene()
        return np.array(self._renderer.render())

    def segment(self) -> NDArray[np.int64]:
        """See `Renderer`."""
        self._fill_scene()
        self._renderer.enable_segmentation_rendering()
        seen = self._renderer.render()
        self._renderer.disable_segmentation_rendering()
        numbers, kinds = seen[..., 0], seen[..., 1]
        named = np.full(numbers.shape, NOTHING, dtype=np.int64)
        geom = kinds == int(self._mujoco.mjtObj.mjOBJ_GEOM)
        named[geom] = ARM
        for number, mesh in enumerate(self._meshes):
            named[geom & (numbers == mesh)] = len(self._solids) + number
        solid = kinds == int(self._mujoco.mjtObj.mjOBJ_UNKNOWN)
        solid &= numbers >= 0
        named[solid] = numbers[solid]
        return named

    def _fill_scene(self) -> None:
        """Draw the model's own bodies, then the solids, which no model has to be made for."""
        mujoco = self._mujoco
        self._renderer.update_scene(self._data, camera=CAMERA)
        scene = self._renderer.scene
        for number, solid in enumerate(self._solids):
            geom = scene.geoms[scene.ngeom]
            width, depth, height = (edge / 2 for edge in solid.size)
            kind, size = {
                "box": (mujoco.mjtGeom.mjGEOM_BOX, (width, depth, height)),
                "cylinder": (mujoco.mjtGeom.mjGEOM_CYLINDER, (width, width, height)),
                "sphere": (mujoco.mjtGeom.mjGEOM_SPHERE, (width, width, width)),
            }[solid.shape]
            turn = Rotation.from_euler("z", solid.yaw).as_matrix()
            mujoco.mjv_initGeom(
                geom,
                type=kind,
                size=np.array(size),
                pos=np.array(solid.centre),
                mat=turn.ravel(),
                rgba=np.array([*solid.colour, 1.0], dtype=np.float32),
            )
            geom.objtype = int(mujoco.mjtObj.mjOBJ_UNKNOWN)
            geom.objid = number
            geom.segid = scene.ngeom
            if solid.texture >= 0:
                geom.matid = self._materials[solid.texture]
            scene.ngeom += 1

    def _set_view(self, specification: Any, camera: Camera) -> None:
        right, down, ahead = camera.axes
        x, y, z, w = Rotation.from_matrix(np.stack([right, -down, -ahead], axis=1)).as_quat()
        world, visual = specification.worldbody, specification.visual
        world.add_camera(
            name=CAMERA, pos=camera.position, quat=[w, x, y, z], fovy=camera.field_of_view
        )
        world.add_light(
            name=LIGHT, type=self._mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, ambient=[0, 0, 0]
        )
        visual.global_.offwidth, visual.global_.offheight = camera.width, camera.height
        visual.headlight.diffuse = visual.headlight.specular = [0.0, 0.0, 0.0]
        visual.quality.shadowsize = SHADOWS
        specification.stat.extent = 1.0  # the unit of the next two
        visual.map.znear, visual.map.zfar = NEAR, FAR
        specification.add_texture(
            name="sky",
            type=self._mujoco.mjtTexture.mjTEXTURE_SKYBOX,
            builtin=self._mujoco.mjtBuiltin.mjBUILTIN_FLAT,
            rgb1=[1, 1, 1],
            rgb2=[1, 1, 1],
            width=8,
            height=48,
        )

    def _add_textures(self, specification: Any, textures: Sequence[Picture]) -> None:
        for number, pixels in enumerate(textures):
            name = _texture_name(number)
            texture = specification.add_texture(
                name=name,
                type=self._mujoco.mjtTexture.mjTEXTURE_2D,
                width=pixels.shape[1],
                height=pixels.shape[0],
                nchannel=3,
            )
            texture.data = np.ascontiguousarray(pixels).tobytes()
            material = specification.add_material(name=name)
            layers = list(material.textures)
            layers[int(self._mujoco.mjtTextureRole.mjTEXROLE_RGB)] = name
            material.textures = layers

    def _add_mesh(self, specification: Any, mesh: Mesh, name: str) -> None:
        specification.add_mesh(
            name=name,
            uservert=mesh.vertices.ravel(),
            userface=mesh.triangles.ravel(),
            inertia=self._mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
        )
        specification.worldbody.add_geom(
            name=name,
            type=self._mujoco.mjtGeom.mjGEOM_MESH,
            meshname=name,
            rgba=[*mesh.colour, 1.0],
            contype=0,
            conaffinity=0,
        )


def _texture_name(number: int) -> str:
    return f"texture {number}"


def _mesh_name(number: int) -> str:
    return f"mesh {number}"
