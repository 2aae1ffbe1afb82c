"""The physics engines: which there are, and the one to use."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from elcd_policy.errors import MissingExtraError, ParameterError
from elcd_policy.perception import Camera

from ..robot import Robot
from .arm_model import ArmModel
from .renderer import Mesh, Picture, Renderer

PYBULLET, MUJOCO, AUTO = "pybullet", "mujoco", "auto"
ENGINES = (PYBULLET, MUJOCO)
CHOICES = (AUTO, *ENGINES)


def installed_engines() -> tuple[str, ...]:
    """Return the names of the engines that are installed, in the order of preference."""
    return tuple(name for name in ENGINES if find_spec(name) is not None)


def choose_engine(name: str = AUTO) -> str:
    """Return the name of an engine; of "auto" PyBullet where it is installed, else MuJoCo.

    Raises
    ------
    ParameterError
        If there is no engine of that name.
    MissingExtraError
        If "auto" finds none installed.
    """
    if name in ENGINES:
        return name
    if name != AUTO:
        raise ParameterError("unknown engine", got=repr(name), expected=" or ".join(CHOICES))
    for engine in installed_engines():
        return engine
    raise MissingExtraError(
        PYBULLET, "sim", "Python 3.10 and 3.11 only; 'elcd_policy[mujoco]' works on later ones, too"
    )


def open_model(engine: str, robot: Robot, timestep: float, gui: bool = False) -> ArmModel:
    """Open a robot's model in an engine.

    Parameters
    ----------
    engine : from `choose_engine`.
    robot : to load.
    timestep : of the physics, s.
    gui : open the engine's window.

    Raises
    ------
    MissingExtraError
        If the engine is not installed.
    ParameterError
        If the model can't be loaded, or there is no display for a window.
    """
    if engine == MUJOCO:
        from .mujoco.mujoco_model import MujocoModel

        return MujocoModel(robot, timestep, gui)
    from .bullet.bullet_model import BulletModel

    return BulletModel(robot, timestep, gui)


def open_renderer(
    engine: str,
    robot: Robot,
    camera: Camera,
    *,
    collision_shapes: bool = False,
    meshes: Sequence[Mesh] = (),
    textures: Sequence[Picture] = (),
) -> Renderer:
    """Open an engine's renderer.

    Parameters
    ----------
    engine : from `choose_engine`.
    robot : to draw.
    camera : where from.
    collision_shapes : draw these instead of the visual ones: they are simpler.
    meshes : bodies that stay.
    textures : pixels [h, w, 3] of the textures that solids may have.

    Raises
    ------
    MissingExtraError
        If the engine is not installed, or can't render here.
    ParameterError
        If the model can't be loaded.
    """
    options: dict[str, Any] = {
        "collision_shapes": collision_shapes,
        "meshes": meshes,
        "textures": textures,
    }
    if engine == MUJOCO:
        from .mujoco.mujoco_renderer import MujocoRenderer

        return MujocoRenderer(robot, camera, **options)
    from .bullet.bullet_renderer import BulletRenderer

    return BulletRenderer(robot, camera, **options)
