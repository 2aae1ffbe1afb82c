"""An arm from its URDF: against the simulator's own kinematics, and against its limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pinocchio")

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elcd_policy.errors import ParameterError
from elcd_policy.robot.damped_least_squares import DAMPED_BELOW
from elcd_policy.robot.joint_safety import keep_within, room_to_move
from elcd_policy_ros2.following.arm_kinematics import ArmKinematics

HOME = np.array([0.0, -0.16, 0.0, -2.19, 0.0, 2.03, 0.785])
TCP = "panda_grasptarget"
JOINTS = tuple(f"panda_joint{i}" for i in range(1, 8))


def planar(kind: str = "revolute", extra: str = "") -> str:
    """The URDF of two links of 1 m in a plane; between base_link and world, a turned mount."""
    limit = f'<limit lower="-2" upper="2" velocity="1.5" effort="9" {extra}/>'
    return f"""<robot name="planar">
    <link name="world"/><link name="base_link"/><link name="upper"/><link name="lower"/>
    <link name="tool"/>
    <joint name="mount" type="fixed"><parent link="world"/><child link="base_link"/>
      <origin xyz="0 0 1" rpy="0 0 1.5707963267948966"/></joint>
    <joint name="shoulder" type="{kind}"><parent link="base_link"/><child link="upper"/>
      <axis xyz="0 0 1"/>{limit}</joint>
    <joint name="elbow" type="revolute"><parent link="upper"/><child link="lower"/>
      <origin xyz="1 0 0"/><axis xyz="0 0 1"/>{limit}</joint>
    <joint name="flange" type="fixed"><parent link="lower"/><child link="tool"/>
      <origin xyz="1 0 0"/></joint></robot>"""


@pytest.fixture(scope="module")
def urdf() -> str:
    data = pytest.importorskip("pybullet_data")
    return (Path(data.getDataPath()) / "franka_panda" / "panda.urdf").read_text()


@pytest.fixture(scope="module")
def panda(urdf: str) -> ArmKinematics:
    return ArmKinematics(urdf, "panda_link0", TCP)


def test_pose_and_jacobian_are_those_of_the_simulator(panda: ArmKinematics) -> None:
    from elcd_policy_sim import Arm, load_robot

    generator = np.random.default_rng(0)
    with Arm(load_robot("panda")) as arm:
        for _ in range(5):
            joints = HOME + generator.uniform(-0.4, 0.4, 7)
            arm.reset(joints)
            position, quaternion = arm.pose()
            here, orientation = panda.pose(joints)
            np.testing.assert_allclose(here, position, atol=1e-6)
            assert abs(orientation @ quaternion) == pytest.approx(1.0, abs=1e-6)
            expected = arm._model.compute_jacobian()
            np.testing.assert_allclose(panda.jacobian(joints), expected, atol=1e-6)


def test_joints_are_known_by_name_in_any_order(urdf: str, panda: ArmKinematics) -> None:
    assert panda.joints == JOINTS
    backwards = ArmKinematics(urdf, "panda_link0", TCP, JOINTS[::-1])
    np.testing.assert_allclose(backwards.pose(HOME[::-1])[0], panda.pose(HOME)[0], atol=1e-12)
    np.testing.assert_allclose(backwards.jacobian(HOME[::-1]), panda.jacobian(HOME)[:, ::-1])
    np.testing.assert_array_equal(backwards.lower, panda.lower[::-1])


def test_poses_are_those_in_the_base_frame() -> None:
    arm = ArmKinematics(planar(), "base_link", "tool")
    position, quaternion = arm.pose(np.array([0.3, 0.4]))
    expected = [np.cos(0.3) + np.cos(0.7), np.sin(0.3) + np.sin(0.7), 0.0]
    np.testing.assert_allclose(position, expected, atol=1e-12)
    np.testing.assert_allclose(quaternion, [0, 0, np.sin(0.35), np.cos(0.35)], atol=1e-12)
    np.testing.assert_allclose(
        arm.jacobian(np.array([0.3, 0.4]))[:2],
        [[-expected[1], -np.sin(0.7)], [expected[0], np.cos(0.7)]],
        atol=1e-12,
    )


def test_a_joint_that_turns_on_and_on_has_no_position_limits() -> None:
    arm = ArmKinematics(planar("continuous"), "base_link", "tool")
    np.testing.assert_array_equal(arm.upper, [np.inf, 2.0])
    once, twice = arm.pose(np.array([0.3, 0.4])), arm.pose(np.array([0.3 + 4 * np.pi, 0.4]))
    np.testing.assert_allclose(once[0], twice[0], atol=1e-9)


def test_limits_are_the_urdfs_and_never_above_those_given() -> None:
    arm = ArmKinematics(planar(extra='acceleration="3"'), "base_link", "tool")
    limits = arm.limits(speed=1.0, acceleration=5.0, state_timeout=0.2)
    np.testing.assert_array_equal(limits.speed, [1.0, 1.0])
    np.testing.assert_array_equal(limits.acceleration, [3.0, 3.0])
    np.testing.assert_array_equal(arm.limits(2.0, 2.0, 0.2).speed, [1.5, 1.5])
    np.testing.assert_array_equal(arm.limits(2.0, 2.0, 0.2).acceleration, [2.0, 2.0])
    without = ArmKinematics(planar(), "base_link", "tool")
    np.testing.assert_array_equal(without.limits(2.0, 7.0, 0.2).acceleration, [7.0, 7.0])


twists = arrays(np.float64, 6, elements=st.floats(-0.3, 0.3))


@given(twist=twists)
@settings(max_examples=50, deadline=None)
def test_a_twist_is_followed_exactly_away_from_singularities(
    panda: ArmKinematics, twist: np.ndarray
) -> None:
    jacobian = panda.jacobian(HOME)
    assert panda.smallest_singular_value(HOME) > DAMPED_BELOW
    free = room_to_move(HOME, panda.limits(20.0, 5.0, 0.2), 0.01)
    velocity = panda.joint_velocity(jacobian, HOME, twist, (free[0] * 100, free[1] * 100))
    np.testing.assert_allclose(jacobian @ velocity, twist, atol=1e-9)


def test_a_joint_at_its_limit_is_spared_and_the_others_take_over(panda: ArmKinematics) -> None:
    limits = panda.limits(20.0, 5.0, 0.2)
    joints = HOME + np.array([0.3, 0.2, 0.4, 0.0, 0.5, 0.0, 0.0])
    joints[0] = limits.upper[0]
    turn = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.1])
    jacobian, room = panda.jacobian(joints), room_to_move(joints, limits, 0.01)
    assert (np.linalg.pinv(jacobian) @ turn)[0] > 0
    velocity = panda.joint_velocity(jacobian, joints, turn, room)
    assert velocity[0] <= 0.0
    np.testing.assert_allclose(jacobian @ velocity, turn, atol=1e-9)
    np.testing.assert_array_equal(keep_within(velocity, *room), velocity)


def test_an_arm_without_a_command_is_at_rest_even_near_a_limit(panda: ArmKinematics) -> None:
    joints = HOME.copy()
    joints[0] = panda.upper[0]
    room = room_to_move(joints, panda.limits(1.0, 5.0, 0.2), 0.01)
    still = panda.joint_velocity(panda.jacobian(joints), joints, np.zeros(6), room)
    np.testing.assert_array_equal(still, np.zeros(7))


def test_a_singularity_is_measured_and_the_joints_do_not_race() -> None:
    arm = ArmKinematics(planar(), "base_link", "tool")
    # Two joints span two directions: in the plane this arm is singular when stretched.
    stretched = arm.jacobian(np.array([0.3, 0.0]))
    outward = np.array([np.cos(0.3), np.sin(0.3), 0, 0, 0, 0])
    free = np.full(2, 100.0)
    velocity = arm.joint_velocity(stretched, np.array([0.3, 0.0]), outward, (-free, free))
    assert np.abs(velocity).max() <= 1.0 / DAMPED_BELOW


def test_manipulability_vanishes_at_a_singularity(panda: ArmKinematics) -> None:
    stretched = np.zeros(7)
    assert panda.manipulability(stretched) < 1e-9 < panda.manipulability(HOME)
    assert panda.smallest_singular_value(stretched) < 1e-9
    expected = np.sqrt(np.linalg.det(panda.jacobian(HOME) @ panda.jacobian(HOME).T))
    assert panda.manipulability(HOME) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (("base", "tool"), "the URDF has no such link: got 'base', expected world, base_link"),
        (("tool", "base_link"), "no joint moves base_link relative to tool"),
        (("base_link", "tool", ("shoulder",)), "got shoulder, expected shoulder, elbow"),
        (("base_link", "tool", ("elbow", "wrist")), "got elbow, wrist, expected shoulder, elbow"),
    ],
)
def test_what_the_urdf_lacks_is_named(frames: tuple, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        ArmKinematics(planar(), *frames)


def test_a_text_that_is_no_urdf_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ParameterError, match="the URDF is not XML"):
        ArmKinematics("not a robot", "base_link", "tool")
    with pytest.raises(ParameterError, match="the URDF can't be used"):
        ArmKinematics("<sdf></sdf>", "base_link", "tool")
    floating = planar().replace('type="revolute"', 'type="floating"', 1)
    with pytest.raises(ParameterError, match="the joint shoulder has no single axis"):
        ArmKinematics(floating, "base_link", "tool")
