"""The arm follows twists closely, holds, stops fast, and yields to a push."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, load_robot

CENTRE = [0.5, 0.0, 0.35]


@pytest.fixture(scope="module")
def shared(engine: str) -> Iterator[Arm]:
    with Arm(load_robot("panda"), engine=engine) as arm:
        yield arm


@pytest.fixture
def arm(shared: Arm) -> Arm:
    shared.move_to(CENTRE)
    return shared


def test_it_starts_at_home_at_rest(arm: Arm) -> None:
    arm.reset()
    assert np.array_equal(arm.joint_positions, arm.robot.home)
    assert np.array_equal(arm.twist(), np.zeros(6))
    assert arm.time == 0
    arm.step(250)
    assert arm.time == pytest.approx(0.25)


def test_it_holds_its_place_under_gravity(arm: Arm) -> None:
    before = arm.pose()[0]
    arm.step(5000)
    assert np.linalg.norm(arm.pose()[0] - before) < 1e-5
    assert 20 < np.abs(arm.joint_torques).max() < 87


@pytest.mark.parametrize(("speed", "bound"), [(0.05, 0.001), (0.2, 0.008)])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_it_follows_a_velocity(arm: Arm, axis: int, speed: float, bound: float) -> None:
    start, orientation = arm.pose()
    velocity = speed * np.eye(3)[axis]
    arm.command_twist(velocity)
    arm.step(150)
    for _ in range(35):
        arm.step(10)
        assert np.linalg.norm(arm.twist()[:3] - velocity) < bound
    position, quaternion = arm.pose()
    # The velocity is that of the position, up to the lag at the start.
    assert np.allclose(position - start, 0.5 * velocity, atol=0.03 * speed)
    assert abs(quaternion @ orientation) > np.cos(np.radians(0.5))


def test_it_turns_about_the_tcp(arm: Arm) -> None:
    start, orientation = arm.pose()
    arm.command_twist([0, 0, 0], [0, 0, 0.5])
    arm.step(1000)
    position, quaternion = arm.pose()
    assert np.linalg.norm(position - start) < 0.002
    assert 2 * np.arccos(abs(quaternion @ orientation)) == pytest.approx(0.5, abs=0.02)


def test_it_follows_joint_velocities_within_their_limits(arm: Arm) -> None:
    velocity = np.array([0.2, -0.1, 0.3, 0.1, -0.2, 0.1, 0.4])
    arm.command_joints(velocity)
    arm.step(150)
    np.testing.assert_allclose(arm.twist(), arm.command, atol=0.05)  # joints turn on
    before = arm.joint_positions
    arm.step(500)
    np.testing.assert_allclose(arm.joint_positions - before, 0.5 * velocity, atol=5e-3)
    with pytest.raises(ParameterError, match="a set of joint velocities for the arm is refused"):
        arm.command_joints([0.1, 0.2])
    arm.command_joints(10 * velocity)
    arm.step(300)
    assert (np.abs(arm.joint_velocities) < 1.1 * arm.robot.velocity_limits).all()
    assert np.abs(arm.joint_velocities).max() > 2.0
    arm.step(3000)
    inside = (arm.robot.position_lower - 0.02 < arm.joint_positions) & (
        arm.joint_positions < arm.robot.position_upper + 0.02
    )
    assert inside.all()
    arm.hold()
    arm.step(200)
    assert np.abs(arm.joint_velocities).max() < 0.01


def test_it_stops_within_a_tenth_of_a_second(arm: Arm) -> None:
    arm.command_twist([0, 0.2, 0])
    arm.step(500)
    moving = arm.pose()[0]
    arm.hold()
    arm.step(100)
    assert np.linalg.norm(arm.twist()[:3]) < 0.005
    assert np.linalg.norm(arm.pose()[0] - moving) < 0.005


def test_it_stays_near_home_on_a_long_round_trip(arm: Arm) -> None:
    joints = arm.joint_positions
    for _ in range(2):
        for velocity in ([0, 0.15, 0], [0, 0, 0.1], [0, -0.15, 0], [0, 0, -0.1]):
            arm.command_twist(velocity)
            arm.step(1000)
    arm.command_twist([0, 0, 0])
    arm.step(3000)
    assert np.abs(arm.joint_positions - joints).max() < 0.1


@pytest.mark.parametrize("direction", [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]])
def test_a_push_moves_it_by_centimetres_and_it_stays_there(
    arm: Arm, direction: list[float]
) -> None:
    before = arm.pose()[0]
    arm.apply_force(30.0 * np.array(direction))
    arm.step(200)
    arm.apply_force([0, 0, 0])
    arm.step(800)
    pushed = arm.pose()[0] - before
    assert 0.03 < np.linalg.norm(pushed) < 0.09
    assert pushed @ direction > 0.025
    arm.step(500)
    assert np.linalg.norm(arm.pose()[0] - before - pushed) < 1e-3


def test_joints_keep_their_limits_against_any_command(arm: Arm) -> None:
    for velocity in ([3, 0, 0], [0, 3, 1], [-3, 0, -3]):
        arm.move_to(CENTRE)
        arm.command_twist(velocity)
        for _ in range(30):
            arm.step(50)
            joints = arm.joint_positions
            assert (joints > arm.robot.position_lower - 0.01).all()
            assert (joints < arm.robot.position_upper + 0.01).all()
            assert (np.abs(arm.joint_torques) <= arm.robot.torque_limits).all()
            assert (np.abs(arm.joint_velocities) < 1.1 * arm.robot.velocity_limits).all()


def test_move_to_is_exact(arm: Arm) -> None:
    turned = np.array([np.cos(0.3), np.sin(0.3), 0.0, 0.0])
    arm.move_to([0.45, -0.1, 0.3], turned)
    position, quaternion = arm.pose()
    assert np.linalg.norm(position - [0.45, -0.1, 0.3]) < 1e-4
    assert abs(quaternion @ turned) > 1 - 1e-7
    assert np.array_equal(arm.joint_velocities, np.zeros(7))


def test_an_unreachable_place_is_refused_and_leaves_it_at_home(arm: Arm) -> None:
    with pytest.raises(ParameterError, match="can't reach the pose"):
        arm.move_to([2.0, 0.0, 0.3])
    assert np.array_equal(arm.joint_positions, arm.robot.home)


def test_the_quaternion_never_jumps(arm: Arm) -> None:
    arm.command_twist([0, 0, 0], [0.3, 0.3, 0.6])
    last = arm.pose()[1]
    for _ in range(60):
        arm.step(50)
        quaternion = arm.pose()[1]
        assert np.linalg.norm(quaternion - last) < 0.05
        last = quaternion


def test_the_same_calls_give_the_same_numbers(engine: str) -> None:
    def run(arm: Arm) -> np.ndarray:
        arm.move_to(CENTRE)
        arm.command_twist([0.05, -0.1, 0.02], [0.1, 0, 0])
        arm.step(300)
        arm.apply_force([10, 20, -5])
        arm.step(200)
        return np.concatenate([*arm.pose(), arm.joint_positions, arm.joint_torques, arm.twist()])

    robot = load_robot("panda")
    with Arm(robot, engine=engine) as first, Arm(robot, engine=engine) as second:
        results = [run(first), run(second), run(first)]
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_what_is_not_finite_is_refused_and_changes_nothing(arm: Arm) -> None:
    arm.command_twist([0.01, 0, 0])
    for refused in (
        lambda: arm.command_twist([np.nan, 0, 0]),
        lambda: arm.command_twist([0, 0, 0], [0, np.inf, 0]),
        lambda: arm.command_twist([0, 0]),
        lambda: arm.apply_force([0, 0, np.nan]),
        lambda: arm.reset([9.0] * 7),
        lambda: arm.move_to([0.5, 0, np.nan]),
        lambda: arm.move_to(CENTRE, [0, 0, 0, 0]),
    ):
        with pytest.raises(ParameterError, match=r"got .*expected "):
            refused()
    assert np.array_equal(arm.command, [0.01, 0, 0, 0, 0, 0])
    assert np.array_equal(arm.force, np.zeros(3))


@pytest.mark.parametrize("timestep", [0.0, -0.001, float("nan")])
def test_a_timestep_out_of_range_is_refused(timestep: float) -> None:
    with pytest.raises(ParameterError, match="timestep"):
        Arm(load_robot("panda"), timestep=timestep)
