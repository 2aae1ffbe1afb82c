"""A model is found, completed and checked before an engine sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, Robot, load_robot
from elcd_policy_sim.arm.urdf import read_urdf, resolve_mesh
from elcd_policy_sim.model_files import find_urdf

POINT = load_robot("point")
TIP = """<robot><link name="tip"/><joint name="end" type="fixed"><parent link="ball"/>
<child link="tip"/></joint></robot>"""
FINGER = """<robot><link name="finger"><inertial><mass value="1"/>
<inertia ixx="0.0004" ixy="0" ixz="0" iyy="0.0004" iyz="0" izz="0.0004"/></inertial></link>
<joint name="grip" type="prismatic"><parent link="ball"/><child link="finger"/><axis xyz="0 0 1"/>
<limit lower="-1" upper="1" velocity="1" effort="1"/></joint></robot>"""


def extended(folder: Path, more: str = "<robot/>", without_mass: str = "") -> Robot:
    """Return the point with parts added to its model, and one link without its mass."""
    model = ElementTree.parse(POINT.urdf).getroot()
    model.extend(ElementTree.fromstring(more))
    for link in model.findall("link"):
        inertial = link.find("inertial")
        if link.get("name") == without_mass and inertial is not None:
            link.remove(inertial)
    path = folder / "extended.urdf"
    ElementTree.ElementTree(model).write(path)
    return replace(POINT, urdf=str(path))


def test_relative_models_are_found_in_ros_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "share" / "my_description" / "arm.urdf"
    file.parent.mkdir(parents=True)
    file.write_text("<robot><link/></robot>", encoding="utf-8")
    (file.parent / "hand.stl").touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert find_urdf("my_description/arm.urdf") == file
    elsewhere = Path(POINT.urdf)
    mesh = resolve_mesh("package://my_description/hand.stl", elsewhere)
    assert mesh == (file.parent / "hand.stl").resolve()
    with pytest.raises(ParameterError, match=r"mesh of .* is missing: got package://foot\.stl"):
        resolve_mesh("package://foot.stl", elsewhere)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<robot><link>", "can't be loaded: got .*wrong.urdf: no element found"),
        ("<sdf/>", "expected a <robot> with links"),
        (
            '<robot xmlns:xacro="http://www.ros.org/wiki/xacro"><link/><xacro:macro/></robot>',
            "unexpanded xacro.*expand it with",
        ),
    ],
)
def test_a_file_that_is_no_urdf_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "wrong.urdf"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=complaint):
        read_urdf(path)


def test_a_moving_link_without_mass_is_refused(tmp_path: Path, engine: str) -> None:
    with pytest.raises(ParameterError, match="moves a link without mass: got ball"):
        Arm(extended(tmp_path, without_mass="ball"), engine=engine)


def test_a_fixed_link_without_inertia_weighs_nothing(tmp_path: Path, engine: str) -> None:
    with Arm(extended(tmp_path, TIP), engine=engine) as arm:
        arm.step(2)
        assert np.allclose(arm.joint_torques, [0.0, 0.0, 9.81], atol=1e-6)


def test_joints_that_are_not_the_arms_stay_where_they_are(tmp_path: Path, engine: str) -> None:
    with Arm(replace(extended(tmp_path, FINGER), tcp_link="finger"), engine=engine) as arm:
        before = arm.pose()[0]
        arm.step(500)
        assert np.allclose(arm.joint_torques, [0.0, 0.0, 2 * 9.81], atol=1e-6)
        assert np.allclose(arm.pose()[0], before, atol=1e-6)
