"""A robot's URDF as a MuJoCo specification, with the shapes that can be drawn."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
from scipy.spatial.transform import Rotation

from elcd_policy.errors import ParameterError

from ...robot import Robot
from ..arm_model import GRAVITY
from ..urdf import prepare_model, resolve_mesh, strip_shapes
from .library import load_mujoco
from .obj_mesh import read_obj

READABLE = (".obj", ".stl", ".msh")
COMPILER = {
    "fusestatic": "false",  # keeps the TCP's link
    "balanceinertia": "true",  # URDFs state inertias that no body has
    "inertiafromgeom": "false",
    "discardvisual": "false",
    "strippath": "false",
}
PLAIN = (0.92, 0.92, 0.94, 1.0)


def read_specification(
    robot: Robot, *, visible: bool = False, collision_shapes: bool = False
) -> Any:
    """Return a specification of a robot with a fixed base, in which nothing collides.

    Parameters
    ----------
    robot : to load.
    visible : with its shapes.
    collision_shapes : show these instead of the visual ones, where there are any.

    Raises
    ------
    MissingExtraError
        If MuJoCo is not installed.
    ParameterError
        If the model is wrong, see `prepare_model`, or MuJoCo can't load it.
    """
    mujoco = load_mujoco()
    model, source = prepare_model(robot)
    shapes = _shapes(model, source, collision_shapes) if visible else []
    root = _root(model)
    strip_shapes(model)
    for joint in model.findall("joint"):
        for part in joint.findall("dynamics"):  # damping and friction: the arm's control has them
            joint.remove(part)
    extension = model.find("mujoco")
    if extension is not None:
        model.remove(extension)
    extension = ElementTree.Element("mujoco")
    ElementTree.SubElement(extension, "compiler", COMPILER)
    model.insert(0, extension)
    try:
        specification = mujoco.MjSpec.from_string(ElementTree.tostring(model, encoding="unicode"))
    except ValueError as error:
        raise ParameterError(
            "the robot's URDF can't be loaded", got=f"{source}: {error}"
        ) from error
    specification.option.gravity = [0.0, 0.0, -GRAVITY]
    specification.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
    for number, (link, shape) in enumerate(shapes):
        body = specification.worldbody if link == root else specification.body(link)
        _add_shape(mujoco, specification, body, shape, source, f"shape{number}")
    return specification


def compile_specification(specification: Any, source: str) -> Any:
    """Return the model of a specification.

    Raises
    ------
    ParameterError
        If MuJoCo can't make one.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of textures that no mesh here needs
            return specification.compile()
    except ValueError as error:
        raise ParameterError(
            "the robot's URDF can't be loaded", got=f"{source}: {error}"
        ) from error


def _root(model: Element) -> str:
    """Return the name of the link that no joint moves: MuJoCo makes it the world."""
    children = {part.get("link") for part in model.findall("joint/child")}
    return next(
        link.get("name", "") for link in model.findall("link") if link.get("name") not in children
    )


def _shapes(model: Element, source: Path, collision_shapes: bool) -> list[tuple[str, Element]]:
    """Return shapes with their links; for meshes that MuJoCo can't read, the collision shapes."""
    shapes = []
    colours = {m.get("name"): m.find("color") for m in model.iter("material") if len(m)}
    for link in model.findall("link"):
        visual, collision = link.findall("visual"), link.findall("collision")
        meshes = [mesh.get("filename", "") for shape in visual for mesh in shape.iter("mesh")]
        readable = all(Path(name).suffix.lower() in READABLE for name in meshes)
        chosen = collision if collision_shapes or not readable else visual
        for shape in chosen:
            material = shape.find("material")
            if material is not None and material.find("color") is None and not collision_shapes:
                colour = colours.get(material.get("name"))
                if colour is not None:
                    material.append(colour)
            if collision_shapes and material is not None:
                shape.remove(material)
            shapes.append((link.get("name", ""), shape))
    return shapes


def _add_shape(
    mujoco: Any, specification: Any, body: Any, shape: Element, source: Path, name: str
) -> None:
    """Add a URDF shape to a body, as one that only looks."""
    origin, colour = shape.find("origin"), shape.find("material/color")
    position = _numbers(origin, "xyz", "0 0 0")
    x, y, z, w = Rotation.from_euler("xyz", _numbers(origin, "rpy", "0 0 0")).as_quat()
    options: dict[str, Any] = {
        "pos": position,
        "quat": [w, x, y, z],
        "rgba": _numbers(colour, "rgba", " ".join(map(str, PLAIN))),
        "contype": 0,
        "conaffinity": 0,
        "mass": 0.0,
    }
    geometry = shape.find("geometry/*")
    if geometry is None:
        return
    kinds = mujoco.mjtGeom
    if geometry.tag == "box":
        size = [edge / 2 for edge in _numbers(geometry, "size", "0 0 0")]
        body.add_geom(type=kinds.mjGEOM_BOX, size=size, **options)
    elif geometry.tag == "sphere":
        radius = float(geometry.get("radius", "0"))
        body.add_geom(type=kinds.mjGEOM_SPHERE, size=[radius, 0, 0], **options)
    elif geometry.tag == "cylinder":
        radius, length = (float(geometry.get(key, "0")) for key in ("radius", "length"))
        body.add_geom(type=kinds.mjGEOM_CYLINDER, size=[radius, length / 2, 0], **options)
    elif geometry.tag == "mesh":
        path = resolve_mesh(geometry.get("filename", ""), source)
        about: dict[str, Any] = {
            "scale": _numbers(geometry, "scale", "1 1 1"),
            "inertia": mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL,
        }
        if path.suffix.lower() == ".obj":
            for number, part in enumerate(read_obj(path)):
                part_name = f"{name}.{number}"
                specification.add_mesh(
                    name=part_name,
                    uservert=part.vertices.ravel(),
                    userface=part.triangles.ravel(),
                    usernormal=part.normals.ravel(),
                    userfacenormal=part.triangle_normals.ravel(),
                    **about,
                )
                rgba = np.array(options["rgba"]) * [*part.colour, 1.0]
                kind = kinds.mjGEOM_MESH
                body.add_geom(type=kind, meshname=part_name, **{**options, "rgba": rgba})
        elif path.suffix.lower() in READABLE:
            specification.add_mesh(name=name, file=str(path), **about)
            body.add_geom(type=kinds.mjGEOM_MESH, meshname=name, **options)


def _numbers(part: Element | None, key: str, otherwise: str) -> list[float]:
    text = otherwise if part is None else part.get(key, otherwise)
    return np.array(text.split(), dtype=np.float64).tolist()
