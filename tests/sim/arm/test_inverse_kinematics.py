"""Joint velocities realise a twist, and bend neither its direction nor the limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elcd_policy.errors import ParameterError
from elcd_policy.robot.orientation import rotation_vector
from elcd_policy_sim import load_robot
from elcd_policy_sim.arm.arm_model import compute_forward
from elcd_policy_sim.arm.engines import open_model
from elcd_policy_sim.arm.inverse_kinematics import Forward, joint_velocity, solve_pose

ROBOT = load_robot("panda")
share = st.floats(0.2, 0.8)
component = st.floats(-1, 1)
same_body = settings(deadline=None, max_examples=50)


@pytest.fixture(scope="module")
def forward(engine: str) -> Iterator[Forward]:
    with closing(open_model(engine, ROBOT, 0.001)) as model:
        yield partial(compute_forward, model)


@pytest.mark.parametrize("name", ["panda", "iiwa", "planar", "point"])
def test_the_jacobian_is_the_derivative_of_the_pose(name: str, engine: str) -> None:
    """Also where the TCP's link has its centre of mass elsewhere, as the iiwa's."""
    robot = load_robot(name)
    reach = robot.position_upper - robot.position_lower
    random = np.random.default_rng(3)
    with closing(open_model(engine, robot, 0.001)) as model:
        for _ in range(5):
            joints = robot.position_lower + random.uniform(0.2, 0.8, reach.shape) * reach
            change = 1e-3 * random.uniform(-1, 1, reach.shape)
            before, oriented, _ = compute_forward(model, joints - change / 2)
            after, reoriented, _ = compute_forward(model, joints + change / 2)
            moved = np.concatenate([after - before, rotation_vector(reoriented, oriented)])
            assert np.allclose(moved, compute_forward(model, joints)[2] @ change, atol=1e-6)


@given(shares=arrays(float, 7, elements=share), twist=arrays(float, 6, elements=component))
@same_body
def test_limits_are_kept(forward: Forward, shares: np.ndarray, twist: np.ndarray) -> None:
    joints = ROBOT.position_lower + shares * (ROBOT.position_upper - ROBOT.position_lower)
    velocity = joint_velocity(ROBOT, forward(joints)[2], joints, 5 * twist)
    assert np.isfinite(velocity).all()
    assert (np.abs(velocity) <= ROBOT.velocity_limits * (1 + 1e-12)).all()


@given(direction=arrays(float, 6, elements=component), speed=st.floats(0.01, 10))
@same_body
def test_too_fast_a_twist_is_slowed_but_not_bent(
    forward: Forward, direction: np.ndarray, speed: float
) -> None:
    jacobian = forward(ROBOT.home)[2]
    twist = jacobian @ joint_velocity(ROBOT, jacobian, ROBOT.home, speed * direction)
    scale = twist @ direction / max(direction @ direction, 1e-12)
    assert np.allclose(twist, scale * direction, atol=1e-6 * max(1, scale))
    assert -1e-9 <= scale <= speed * (1 + 1e-6)


def test_a_joint_at_its_limit_stays_within(forward: Forward) -> None:
    joints = ROBOT.home.copy()
    joints[3] = ROBOT.position_upper[3]
    outward = np.zeros(6)
    outward[0] = 0.2
    assert joint_velocity(ROBOT, forward(joints)[2], joints, outward)[3] <= 0


def test_the_stretched_arm_is_asked_for_nothing_wild(forward: Forward) -> None:
    joints = np.array([0.0, 0.3, 0.0, -0.0698, 0.0, 1.6, 0.0])
    velocity = joint_velocity(ROBOT, forward(joints)[2], joints, np.array([0.1, 0, 0, 0, 0, 0]))
    assert np.abs(velocity).max() < 2.61


def test_the_null_space_leads_home_without_moving_the_tcp(forward: Forward) -> None:
    here, orientation, jacobian = forward(ROBOT.home)
    null = np.linalg.svd(jacobian)[2][6]
    away = solve_pose(ROBOT, forward, here, orientation, ROBOT.home + 0.3 * null)
    jacobian = forward(away)[2]
    velocity = joint_velocity(ROBOT, jacobian, away, np.zeros(6))
    assert np.abs(jacobian @ velocity).max() < 1e-9
    assert velocity @ (ROBOT.home - away) > 0


def test_an_unreachable_pose_is_refused_in_numbers(forward: Forward) -> None:
    with pytest.raises(
        ParameterError, match=r"panda can't reach.*\[1\.5, 0\.0, 0\.4\] m.*missed by"
    ):
        solve_pose(
            ROBOT,
            forward,
            np.array([1.5, 0.0, 0.4]),
            np.array([1.0, 0.0, 0.0, 0.0]),
            ROBOT.home,
        )
