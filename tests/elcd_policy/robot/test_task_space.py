"""A policy's velocity as a twist: the open directions are held, rotations are the shortest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from elcd_policy import MotionPolicy
from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.metadata import Orientation
from elcd_policy.robot.orientation import to_pose
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.task_space import (
    TaskSpace,
    goal_orientation,
    rotation_vector,
    unit_quaternion,
)

coordinates = st.floats(-2.0, 2.0, allow_nan=False, width=64)
quaternions = arrays(np.float64, 4, elements=st.floats(-1, 1, width=64)).filter(
    lambda q: np.linalg.norm(q) > 0.1
)


@given(quaternions, quaternions)
def test_rotation_vector_turns_current_into_target(target: np.ndarray, current: np.ndarray) -> None:
    target, current = unit_quaternion(target), unit_quaternion(current)
    turn = rotation_vector(target, current)
    turned = Rotation.from_rotvec(turn) * Rotation.from_quat(current)
    assert np.linalg.norm(turn) <= np.pi + 1e-9
    assert (turned * Rotation.from_quat(target).inv()).magnitude() < 1e-7


@given(quaternions, quaternions)
def test_a_quaternion_and_its_negative_are_the_same_rotation(
    target: np.ndarray, current: np.ndarray
) -> None:
    target, current = unit_quaternion(target), unit_quaternion(current)
    turn = rotation_vector(target, current)
    if np.linalg.norm(turn) < np.pi - 1e-3:  # at pi the shortest way is not unique
        np.testing.assert_allclose(turn, rotation_vector(target, -current), atol=1e-12)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_on_the_plane_the_twist_is_the_placed_velocity(dimension: int) -> None:
    turn = Rotation.from_euler("xyz", [0.3, -0.2, 0.9])
    placement = Placement(turn.as_matrix(), [0.4, 0.1, 0.5], 0.002)
    task = TaskSpace(placement, dimension, turn.as_quat())
    x = np.arange(1.0, dimension + 1.0)
    velocity = 10.0 * np.ones(dimension)
    twist = task.twist(placement.to_robot(x), turn.as_quat(), velocity)
    np.testing.assert_allclose(twist[:3], placement.velocity_to_robot(velocity), atol=1e-12)
    np.testing.assert_allclose(twist[3:], 0.0, atol=1e-9)
    np.testing.assert_allclose(task.to_policy(placement.to_robot(x)), x, atol=1e-9)


@given(arrays(np.float64, 3, elements=coordinates), quaternions)
def test_what_the_policy_leaves_open_decays_at_the_gain(
    position: np.ndarray, quaternion: np.ndarray
) -> None:
    quaternion = unit_quaternion(quaternion)
    turn = Rotation.from_euler("xyz", [0.3, -0.2, 0.9])
    placement = Placement(turn.as_matrix(), [0.4, 0.1, 0.5], 0.002)
    task = TaskSpace(placement, 2, [0, 0, 0, 1], hold_gain=3.0, hold_gain_angular=1.5)
    twist = task.twist(position, quaternion, [0.0, 0.0])
    normal = placement.rotation[:, 2]
    np.testing.assert_allclose(
        twist[:3], -3.0 * normal * (normal @ (position - placement.origin)), atol=1e-9
    )
    np.testing.assert_allclose(twist[3:], 1.5 * rotation_vector([0, 0, 0, 1], quaternion))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dimension": 7}, "got 7 dimensions, expected 1, 2 or 3 for a position, 6 for a pose"),
        ({"orientation": [0, 0, 0, 0]}, "an orientation is not a quaternion: got"),
        ({"orientation": [0, 0, 1]}, "four finite numbers"),
        ({"hold_gain": -1.0}, "hold_gain is out of range: got -1.0"),
        ({"hold_gain_angular": float("nan")}, "hold_gain_angular is out of range: got nan"),
    ],
)
def test_values_out_of_range_are_named(changes: dict, message: str) -> None:
    values = {"placement": Placement(), "dimension": 3, "orientation": [0, 0, 0, 1]}
    with pytest.raises(ParameterError, match=message):
        TaskSpace(**{**values, **changes})


def test_a_rotation_of_three_numbers_is_refused() -> None:
    with pytest.raises(ShapeError, match="two quaternions"):
        rotation_vector([0, 0, 1], [0, 0, 0, 1])


PLACED = Placement(Rotation.from_euler("xyz", [0.3, -0.2, 0.9]).as_matrix(), [0.4, 0.1, 0.5], 0.002)
states = arrays(np.float64, 6, elements=st.floats(-1.5, 1.5, width=64))


@settings(max_examples=40)
@given(states, states, quaternions)
def test_a_pose_policy_s_twist_moves_the_placed_pose(
    state: np.ndarray, velocity: np.ndarray, reference: np.ndarray
) -> None:
    reference = unit_quaternion(reference)
    turn = Rotation.from_matrix(PLACED.rotation.copy())
    task = TaskSpace(PLACED, 6, (turn * Rotation.from_quat(reference)).as_quat())

    def on_robot(coordinates: np.ndarray) -> tuple[np.ndarray, Rotation]:
        position, quaternion = to_pose(coordinates, reference)
        return PLACED.to_robot(position), turn * Rotation.from_quat(quaternion)

    position, rotation = on_robot(state)
    np.testing.assert_allclose(task.to_policy(position, rotation.as_quat()), state, atol=1e-8)
    at, quaternion = task.pose(state)
    np.testing.assert_allclose(at, position, atol=1e-12)
    assert (Rotation.from_quat(quaternion) * rotation.inv()).magnitude() < 1e-7
    h = 1e-6
    ahead, behind = on_robot(state + h * velocity), on_robot(state - h * velocity)
    twist = task.twist(position, rotation.as_quat(), velocity)
    np.testing.assert_allclose(twist[:3], (ahead[0] - behind[0]) / (2 * h), atol=1e-7)
    omega = (ahead[1] * behind[1].inv()).as_rotvec() / (2 * h)
    np.testing.assert_allclose(twist[3:], omega, atol=1e-6)


def test_another_goal_orientation_is_where_the_state_is_zero() -> None:
    moved = Rotation.from_euler("xyz", [0.5, 0.1, -0.4]).as_quat()
    task = replace(TaskSpace(PLACED, 6, [0, 0, 0, 1]), orientation=moved)
    np.testing.assert_allclose(task.to_policy(PLACED.origin, moved), 0.0, atol=1e-12)
    np.testing.assert_allclose(task.twist(PLACED.origin, moved, np.zeros(6)), 0.0)


@pytest.mark.parametrize(("degrees", "refused"), [(168.0, False), (169.0, True), (180.0, True)])
def test_orientations_near_a_half_turn_are_refused(degrees: float, refused: bool) -> None:
    task = TaskSpace(PLACED, 6, [0, 0, 0, 1])
    quaternion = Rotation.from_rotvec([0.0, np.radians(degrees), 0.0]).as_quat()
    fault = task.fault(quaternion)
    assert fault.startswith("the orientation is out of range: got 1") == refused
    x = task.to_policy(PLACED.origin, quaternion)
    assert np.isnan(x[3:]).any() == refused
    assert TaskSpace(PLACED, 3, [0, 0, 0, 1]).fault(quaternion) == ""


def test_only_poses_have_a_goal_orientation(trained: Callable[..., MotionPolicy]) -> None:
    facts = trained(2).metadata
    assert goal_orientation(facts, PLACED) is None
    reference = Rotation.from_euler("z", 0.7)
    facts.orientation = Orientation(reference.as_quat().tolist())
    placed = Rotation.from_matrix(PLACED.rotation.copy()) * reference
    np.testing.assert_allclose(goal_orientation(facts, PLACED), placed.as_quat(), atol=1e-12)


def test_a_pose_policy_asks_for_the_orientation() -> None:
    with pytest.raises(ParameterError, match="a pose needs an orientation"):
        TaskSpace(PLACED, 6, [0, 0, 0, 1]).to_policy([0.4, 0.1, 0.5])
