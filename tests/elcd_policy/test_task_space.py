"""A policy's velocity as a twist: the open directions are held, rotations are the shortest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.placement import Placement
from elcd_policy.task_space import TaskSpace, rotation_vector, unit_quaternion

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
        ({"dimension": 7}, "got 7 dimensions, expected 1, 2 or 3"),
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
