"""URDF files: where models lie, and what both engines are given of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from elcd_policy.errors import ParameterError

from ..model_files import data_folders, find_urdf
from ..robot import Robot

MOVABLE = ("revolute", "continuous", "prismatic")
PLAIN = "0.92 0.92 0.94 1"  # colour of collision shapes


def read_urdf(path: Path) -> Element:
    """Return the XML of a model.

    Raises
    ------
    ParameterError
        If it is no URDF, or an unexpanded xacro.
    """
    try:
        model = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise ParameterError("the robot's URDF can't be loaded", got=f"{path}: {error}") from error
    if model.tag != "robot" or model.find("link") is None:
        raise ParameterError(
            "the robot's URDF can't be loaded", got=path, expected="a <robot> with links"
        )
    if any("xacro" in part.tag for part in model.iter()):
        raise ParameterError(
            "the robot's URDF can't be loaded",
            got=f"{path} with unexpanded xacro",
            expected="plain URDF",
            advice="expand it with: xacro FILE > robot.urdf",
        )
    return model


def prepare_model(robot: Robot) -> tuple[Element, Path]:
    """Return what both engines load of a robot: its arm with masses, all else fixed.

    Returns
    -------
    model : URDF.
    source : its file.

    Raises
    ------
    ParameterError
        If the file is missing or no URDF, lacks a joint or link of the robot, or moves no mass.
    """
    source = find_urdf(robot.urdf)
    model = read_urdf(source)
    check_names(model, robot.name, robot.arm_joints, robot.tcp_link)
    fix_other_joints(model, robot.arm_joints)
    complete_masses(model)
    return model, source


def strip_shapes(model: Element) -> None:
    """Remove all shapes, which the dynamics do not need, in place."""
    for link in model.iter("link"):
        for kind in ("visual", "collision"):
            for shape in link.findall(kind):
                link.remove(shape)


def complete_masses(model: Element) -> None:
    """Give links without inertia none, in place: engines would make up 1 kg and 1 kg m^2.

    Raises
    ------
    ParameterError
        If a movable joint moves no mass.
    """
    links = {link.get("name", ""): link for link in model.findall("link")}
    joints = model.findall("joint")
    rigid: dict[str, list[str]] = {}
    for joint in joints:
        if joint.get("type") == "fixed":
            rigid.setdefault(_end(joint, "parent"), []).append(_end(joint, "child"))
    for joint in joints:
        if joint.get("type") in MOVABLE:
            group = [_end(joint, "child")]
            for name in group:
                group += rigid.get(name, [])
            if not any(_mass(links[name]) > 0 for name in group if name in links):
                raise ParameterError(
                    "the URDF moves a link without mass",
                    got=group[0],
                    expected="an <inertial> with mass and inertia",
                )
    for link in links.values():
        if link.find("inertial") is None:
            inertial = ElementTree.SubElement(link, "inertial")
            ElementTree.SubElement(inertial, "mass", value="0")
            zeros = dict.fromkeys(("ixx", "ixy", "ixz", "iyy", "iyz", "izz"), "0")
            ElementTree.SubElement(inertial, "inertia", zeros)


def fix_other_joints(model: Element, arm_joints: Collection[str]) -> None:
    """Turn movable joints that are not the arm's, such as fingers, into fixed ones, in place."""
    for joint in model.findall("joint"):
        if joint.get("name") not in arm_joints and joint.get("type") in MOVABLE:
            joint.set("type", "fixed")
            for part in list(joint):
                if part.tag not in ("origin", "parent", "child"):
                    joint.remove(part)


def check_names(model: Element, robot_name: str, arm_joints: Collection[str], link: str) -> None:
    """Check that the model has the arm's joints and the TCP's link.

    Raises
    ------
    ParameterError
        If one is missing; the message lists those there are.
    """
    movable = [j.get("name", "") for j in model.findall("joint") if j.get("type") in MOVABLE]
    links = [each.get("name", "") for each in model.findall("link")]
    wanted = [("movable joint", name, movable) for name in arm_joints] + [("link", link, links)]
    for kind, name, known in wanted:
        if name not in known:
            raise ParameterError(
                f"the URDF of the {robot_name} has no such {kind}",
                got=name,
                expected=f"one of {', '.join(known)}",
            )


def resolve_mesh(name: str, model: Path) -> Path:
    """Return the file of a mesh that a model names, beside it, above it or in a ROS package.

    Raises
    ------
    ParameterError
        If there is none.
    """
    relative = name.removeprefix("package://").removeprefix("file://")
    for folder in (*model.parents, *data_folders()):
        if (folder / relative).is_file():
            return (folder / relative).resolve()
    raise ParameterError(
        f"a mesh of {model} is missing", got=name, expected="a file beside it or in a ROS package"
    )


def resolve_meshes(model: Element, source: Path) -> None:
    """Name all meshes of a model by their absolute paths, in place; see `resolve_mesh`."""
    for mesh in model.iter("mesh"):
        mesh.set("filename", str(resolve_mesh(mesh.get("filename", ""), source)))


def show_collision_shapes(model: Element) -> None:
    """Let the collision shapes be seen instead of the visual ones, in place: they are simpler."""
    for link in model.iter("link"):
        for visual in link.findall("visual"):
            link.remove(visual)
        for collision in link.findall("collision"):
            visual = ElementTree.SubElement(link, "visual")
            visual.extend(part for part in collision if part.tag in ("origin", "geometry"))
            material = ElementTree.SubElement(visual, "material", name="plain")
            ElementTree.SubElement(material, "color", rgba=PLAIN)


def _end(joint: Element, which: str) -> str:
    part = joint.find(which)
    return "" if part is None else part.get("link", "")


def _mass(link: Element) -> float:
    mass = link.find("inertial/mass")
    return 0.0 if mass is None else float(mass.get("value", "0"))
