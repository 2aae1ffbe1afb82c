"""Orientations as rotation vectors from a reference: there and back, and how they turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

from elcd_policy.errors import ShapeError
from elcd_policy.robot.orientation import (
    MARGIN,
    angle_fault,
    left_jacobian,
    left_jacobian_inverse,
    median_orientation,
    rotation_vector,
    to_coordinates,
    to_pose,
    unit_quaternion,
)

quaternions = (
    arrays(np.float64, 4, elements=st.floats(-1, 1, width=64))
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(unit_quaternion)
)
directions = (
    arrays(np.float64, 3, elements=st.floats(-1, 1, width=64))
    .filter(lambda v: np.linalg.norm(v) > 0.1)
    .map(lambda v: v / np.linalg.norm(v))
)
angles = st.one_of(st.floats(0, np.pi - MARGIN), st.sampled_from([0.0, 1e-12, 1e-6, 9e-4, 1.1e-3]))


@settings(max_examples=30)
@given(directions, angles, quaternions, st.sampled_from([-1.0, 1.0]))
def test_coordinates_of_a_pose_and_back(
    axis: np.ndarray, angle: float, reference: np.ndarray, sign: float
) -> None:
    position, r = np.array([0.4, -0.1, 0.3]), angle * axis
    at, quaternion = to_pose(np.concatenate([position, r]), reference)
    np.testing.assert_array_equal(at, position)
    # R = exp(r) R_ref, by the exponential of a matrix.
    skew = np.cross(np.eye(3), r)
    expected = expm(skew) @ Rotation.from_quat(reference).as_matrix()
    np.testing.assert_allclose(Rotation.from_quat(quaternion).as_matrix(), expected, atol=1e-12)
    back = to_coordinates(position, sign * quaternion, reference)
    np.testing.assert_allclose(back, [*position, *r], atol=1e-12)
    np.testing.assert_allclose(rotation_vector(quaternion, reference), r, atol=1e-9)


def test_many_poses_are_as_each_of_them() -> None:
    rng = np.random.default_rng(0)
    coordinates = rng.uniform(-1, 1, (7, 6))
    reference = unit_quaternion(rng.normal(size=4))
    position, quaternion = to_pose(coordinates, reference)
    for row, p, q in zip(coordinates, position, quaternion, strict=True):
        np.testing.assert_allclose(to_coordinates(p, q, reference), row, atol=1e-12)


def test_quaternions_of_a_continuous_motion_keep_their_sign() -> None:
    turn = np.linspace(-2.9, 2.9, 200)[:, None] * np.array([0.6, 0.0, 0.8])
    coordinates = np.hstack([np.zeros((200, 3)), turn])
    for reference in Rotation.random(20, random_state=3).as_quat():
        quaternion = to_pose(coordinates, reference)[1]
        assert np.abs(np.diff(quaternion, axis=0)).max() < 0.05


@given(directions, angles, directions)
def test_the_left_jacobian_turns_rates_into_angular_velocity(
    axis: np.ndarray, angle: float, rate: np.ndarray
) -> None:
    r, h = angle * axis, 1e-6
    ahead, behind = (Rotation.from_rotvec(r + s * h * rate) for s in (1, -1))
    omega = (ahead * behind.inv()).as_rotvec() / (2 * h)
    np.testing.assert_allclose(left_jacobian(r) @ rate, omega, atol=1e-8)


@given(directions, angles)
def test_its_inverse_is_one_and_both_are_tame_within_the_margin(
    axis: np.ndarray, angle: float
) -> None:
    r = angle * axis
    product = left_jacobian_inverse(r) @ left_jacobian(r)
    np.testing.assert_allclose(product, np.eye(3), atol=1e-9)
    singular = np.linalg.svd(left_jacobian(r), compute_uv=False)
    assert 2 / np.pi < singular.min() <= singular.max() < 1 + 1e-9
    np.testing.assert_allclose(left_jacobian(r) @ axis, axis, atol=1e-9)


@settings(max_examples=30)
@given(quaternions, arrays(np.float64, (5, 3), elements=st.floats(-0.3, 0.3)))
def test_the_median_of_rotation_vectors_from_the_median_is_zero(
    centre: np.ndarray, spread: np.ndarray
) -> None:
    around = to_pose(np.hstack([np.zeros((5, 3)), spread]), centre)[1]
    median = median_orientation(around * np.array([[1], [-1], [1], [-1], [1]]))
    r = to_coordinates(np.zeros((5, 3)), around, median)[:, 3:]
    np.testing.assert_allclose(np.median(r, axis=0), 0.0, atol=1e-9)


def test_an_orientation_that_strays_does_not_move_the_median() -> None:
    four = np.tile([0.0, 0.0, 0.0, 1.0], (4, 1))
    stray = Rotation.from_euler("x", 80, degrees=True).as_quat()
    assert abs(median_orientation([*four, stray]) @ four[0]) == pytest.approx(1.0)


def test_the_median_of_one_and_of_two() -> None:
    half = Rotation.from_euler("z", [[0], [50]], degrees=True).as_quat()
    expected = Rotation.from_euler("z", 25, degrees=True).as_quat()
    assert abs(median_orientation(half) @ expected) == pytest.approx(1.0)
    assert abs(median_orientation(half[1]) @ half[1]) == pytest.approx(1.0)


def test_angles_beyond_the_margin_are_named() -> None:
    assert angle_fault(np.pi - MARGIN) == ""
    fault = angle_fault(3.0)
    assert fault.startswith("got 171.9 deg from the goal's orientation, expected at most 168.5 deg")


def test_a_jacobian_of_four_numbers_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"got \[4\], expected \[3\]"):
        left_jacobian([0, 0, 0, 1])
