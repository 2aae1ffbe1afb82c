"""A robot's model, loaded into a PyBullet client."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from elcd_policy.errors import ParameterError

from ...robot import Robot
from ..urdf import prepare_model, resolve_meshes, show_collision_shapes, strip_shapes
from .client import silence


def load_arm(
    client: Any, robot: Robot, *, visible: bool = False, collision_shapes: bool = False
) -> int:
    """Load a robot with a fixed base, with the inertias its file states; return the body's id.

    Parameters
    ----------
    client : from `connect`.
    robot : to load.
    visible : with its shapes; without, it loads ten times as fast.
    collision_shapes : show these instead of the visual ones.

    Raises
    ------
    ParameterError
        If the model is wrong, see `prepare_model`, or Bullet can't load it.
    """
    import pybullet

    model, source = prepare_model(robot)
    if not visible:
        strip_shapes(model)
    elif collision_shapes:
        show_collision_shapes(model)
    resolve_meshes(model, source)
    with tempfile.TemporaryDirectory() as folder, silence():
        path = Path(folder) / "model.urdf"
        ElementTree.ElementTree(model).write(path)
        try:
            return int(
                client.loadURDF(
                    str(path), useFixedBase=True, flags=pybullet.URDF_USE_INERTIA_FROM_FILE
                )
            )
        except pybullet.error as error:
            raise ParameterError("the robot's URDF can't be loaded", got=source) from error
