"""A robot is one YAML file; demonstrations are placed where it can draw them."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.robot.damped_least_squares import DAMPED_BELOW
from elcd_policy_sim import Arm, load_robot
from elcd_policy_sim.arm.arm_model import compute_forward
from elcd_policy_sim.arm.engines import open_model
from elcd_policy_sim.arm.inverse_kinematics import solve_pose
from elcd_policy_sim.robot import ROBOTS

PANDA = load_robot("panda")


class Drawing(NamedTuple):
    workspace: tuple[list[float], list[float]]
    units: str = "mm"


@pytest.fixture
def panda() -> dict:
    return yaml.safe_load((ROBOTS / "panda.yaml").read_text(encoding="utf-8"))


def written(folder: Path, values: object) -> Path:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_the_panda_has_seven_joints_within_its_limits() -> None:
    robot = load_robot("panda")
    assert len(robot.arm_joints) == 7
    for limits in (robot.velocity_limits, robot.torque_limits, robot.damping):
        assert limits.shape == (7,)
        assert (limits > 0).all()
    assert (robot.position_lower < robot.home).all()
    assert (robot.home < robot.position_upper).all()


def test_an_unknown_robot_lists_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"unknown robot: got 'pand', expected one of .*panda"):
        load_robot("pand")


def test_a_missing_and_an_unknown_key_are_named(tmp_path: Path, panda: dict) -> None:
    panda["colour"] = panda.pop("damping")
    with pytest.raises(ParameterError, match=r"mine\.yaml.*damping missing; colour unknown"):
        load_robot(written(tmp_path, panda))


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("home", [0.0] * 6, "home.*7 finite numbers"),
        ("home", [9.0] + [0.0] * 6, "home.*panda_joint1 within its limits"),
        ("velocity_limits", [float("nan")] * 7, "velocity_limits.*7 finite numbers"),
        ("torque_limits", [-1.0] * 7, "torque_limits.*above 0"),
        ("arm_joints", "panda_joint1", "arm_joints.*list of joint names"),
        ("workspace", {"lower": [1, 1, 1], "upper": [0, 0, 0]}, "workspace.*lower < upper"),
        ("workspace", None, "workspace.*keys lower, upper"),
    ],
)
def test_a_bad_value_is_named(
    tmp_path: Path, panda: dict, key: str, value: object, complaint: str
) -> None:
    panda[key] = value
    with pytest.raises(ParameterError, match=complaint):
        load_robot(written(tmp_path, panda))


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("axes", [[1, 0, 0], [1, 0, 0]], "two orthogonal unit vectors"),
        ("axes", [[1, 0, 0]], "two vectors"),
        ("size", [0.3, 0.0], "above 0"),
    ],
)
def test_a_bad_writing_plane_is_refused(
    tmp_path: Path, panda: dict, key: str, value: object, complaint: str
) -> None:
    panda["writing_plane"][key] = value
    with pytest.raises(ParameterError, match=complaint):
        load_robot(written(tmp_path, panda))


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("urdf: [", encoding="utf-8")
    with pytest.raises(ParameterError, match="is not YAML"):
        load_robot(path)


def test_a_urdf_beside_the_yaml_file_is_found(tmp_path: Path, panda: dict) -> None:
    (tmp_path / "mine.urdf").write_text("<robot/>", encoding="utf-8")
    panda["urdf"] = "mine.urdf"
    assert load_robot(written(tmp_path, panda)).urdf == str(tmp_path / "mine.urdf")


def test_a_missing_urdf_a_foreign_joint_and_link_are_named(
    tmp_path: Path, panda: dict, engine: str
) -> None:
    for key, value, complaint in (
        ("urdf", "nowhere.urdf", "URDF does not exist.*nowhere.urdf"),
        ("arm_joints", [*panda["arm_joints"][:6], "elbow"], "movable joint.*elbow.*panda_joint7"),
        ("tcp_link", "tip", "link.*tip.*panda_grasptarget"),
    ):
        with pytest.raises(ParameterError, match=complaint):
            Arm(load_robot(written(tmp_path, {**panda, key: value})), engine=engine)


corner = st.floats(-1e3, 1e3)
extent = st.floats(1e-3, 1e3)


@given(low=st.tuples(corner, corner), extents=st.tuples(extent, extent))
def test_planar_drawings_fill_the_writing_plane_without_distortion(
    low: tuple[float, float], extents: tuple[float, float]
) -> None:
    plane = PANDA.writing_plane
    lower, upper = np.array(low), np.array(low) + extents
    place = PANDA.placement_for(Drawing((lower.tolist(), upper.tolist())))
    drawn = (place.to_robot(np.stack([lower, upper])) - plane.centre) @ plane.rotation
    assert np.allclose(drawn[0], -drawn[1], atol=1e-6)
    assert np.allclose(drawn[:, 2], 0, atol=1e-6)
    size = drawn[1] - drawn[0]
    assert np.allclose(size[:2], place.metres_per_unit * (upper - lower), atol=1e-6)
    assert np.min(plane.size / size[:2]) == pytest.approx(1, abs=1e-4)


def test_a_drawing_without_height_is_still_placed() -> None:
    place = load_robot("panda").placement_for(Drawing(([0.0, 5.0], [10.0, 5.0])))
    assert place.metres_per_unit == pytest.approx(0.036)


def test_one_dimension_runs_along_the_first_axis() -> None:
    robot = load_robot("panda")
    ends = robot.placement_for(Drawing(([-1.0], [3.0]))).to_robot([[-1.0], [3.0]])
    assert np.allclose(ends, robot.writing_plane.points([[-0.18, 0], [0.18, 0]]))


@pytest.mark.parametrize("dimension", [3, 6])
@pytest.mark.parametrize(("units", "scale"), [("m", 1.0), ("mm", 0.001), ("cm", 0.01)])
def test_three_dimensions_and_poses_keep_their_place(
    units: str, scale: float, dimension: int
) -> None:
    drawing = Drawing(([0.0] * dimension, [1.0] * dimension), units)
    place = load_robot("panda").placement_for(drawing)
    assert np.array_equal(place.rotation, np.eye(3))
    assert np.array_equal(place.origin, np.zeros(3))
    assert place.metres_per_unit == scale


@pytest.mark.parametrize(
    ("drawing", "complaint"),
    [
        (Drawing(([0.0] * 4, [1.0] * 4)), "got 4 dimensions, expected 1, 2 or 3"),
        (Drawing(([0.0] * 3, [1.0] * 3), "rad"), "unit of length.*'rad'"),
        (Drawing(([1.0, 1.0], [1.0, 1.0])), "without extent"),
        (Drawing(([1.0, 1.0], [2.0, float("nan")])), "without extent"),
    ],
)
def test_what_cannot_be_placed_is_refused(drawing: Drawing, complaint: str) -> None:
    with pytest.raises(ParameterError, match=complaint):
        load_robot("panda").placement_for(drawing)


@pytest.mark.parametrize("name", ["panda", "iiwa", "planar", "point"])
def test_the_writing_plane_is_reachable_far_from_limits_and_singularities(
    name: str, engine: str
) -> None:
    """15 % beyond each side, in the orientation at home."""
    robot = load_robot(name)
    plane, reach = robot.writing_plane, robot.position_upper - robot.position_lower
    grid = 1.3 * np.linspace(-0.5, 0.5, 5)
    points = plane.points([plane.size * (u, v) for u in grid for v in grid])
    assert ((robot.workspace_lower < points) & (points < robot.workspace_upper)).all()
    with closing(open_model(engine, robot, 0.001)) as model:
        forward = partial(compute_forward, model)
        _, orientation, _ = forward(robot.home)
        for point in points:
            joints = solve_pose(robot, forward, point, orientation, robot.home)
            position, quaternion, jacobian = forward(joints)
            assert np.linalg.norm(position - point) < 1e-4
            if len(robot.controlled) == 6:
                assert abs(quaternion @ orientation) > 1 - 1e-6
            room = np.minimum(joints - robot.position_lower, robot.position_upper - joints)
            assert (room > np.minimum(0.25, 0.15 * reach)).all()
            rows = jacobian[list(robot.controlled)]
            assert np.linalg.svd(rows, compute_uv=False).min() > 2 * DAMPED_BELOW


def test_the_limits_of_the_iiwa_are_those_of_its_maker() -> None:
    """KUKA's tables are in degrees; the numbers are those of the LBR iiwa 14 R820."""
    robot = load_robot("iiwa")
    assert np.allclose(
        np.degrees(robot.position_upper), [170, 120, 170, 120, 170, 120, 175], atol=0.01
    )
    assert np.allclose(
        np.degrees(robot.velocity_limits), [85, 85, 100, 75, 130, 135, 135], atol=0.01
    )
    assert robot.torque_limits.tolist() == [320, 320, 176, 176, 110, 40, 40]


@pytest.mark.parametrize("name", ["iiwa", "planar", "point"])
def test_the_other_robots_follow_a_velocity_hold_still_and_yield_to_a_push(
    name: str, engine: str
) -> None:
    robot = load_robot(name)
    with Arm(robot, engine=engine) as arm:
        home = arm.pose()[0]
        assert np.allclose(home, robot.writing_plane.centre, atol=2e-4)
        arm.step(500)
        assert np.linalg.norm(arm.pose()[0] - home) < 1e-6
        arm.command_twist([0, 0.1, 0.05])
        arm.step(400)
        assert np.allclose(arm.twist()[:3], [0, 0.1, 0.05], atol=2e-3)
        arm.reset()
        arm.apply_force([0, 30, 0])
        arm.step(200)
        arm.apply_force([0, 0, 0])
        arm.step(300)
        assert 0.03 < arm.pose()[0][1] - home[1] < 0.09


@pytest.mark.parametrize("parts", ["xyz", ["x", "w"], ["rx"], ["x", "x"]])
def test_wrong_parts_of_a_twist_are_refused(tmp_path: Path, panda: dict, parts: object) -> None:
    panda["controlled"] = parts
    with pytest.raises(ParameterError, match=r"controlled.*some of x, y, z, rx, ry, rz"):
        load_robot(written(tmp_path, panda))


def test_a_damping_that_would_blow_up_is_refused(tmp_path: Path, panda: dict) -> None:
    panda["damping"] = [50.0] * 6 + [2000.0]
    with pytest.raises(ParameterError, match=r"too strong.*expected at most 1\.5.*shorten"):
        Arm(load_robot(written(tmp_path, panda)))
