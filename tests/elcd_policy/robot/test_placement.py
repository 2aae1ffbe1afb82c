"""Placements: similarities between a policy's coordinates and the robot's base frame."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from elcd_policy import Placement
from elcd_policy.errors import ParameterError, ShapeError

UPRIGHT = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
placements = st.builds(
    lambda seed, origin, exponent: Placement(
        Rotation.random(random_state=seed).as_matrix(), origin, 10.0**exponent
    ),
    seed=st.integers(0, 2**31),
    origin=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    exponent=st.floats(-4, 1),
)


def test_it_writes_millimetres_on_a_plane() -> None:
    plane = Placement(rotation=UPRIGHT, origin=[0.5, 0.1, 0.4], metres_per_unit=0.003)
    # The policy's first axis points along the base's y, the second along its z.
    np.testing.assert_allclose(plane.to_robot([10.0, 0.0]), [0.5, 0.13, 0.4])
    np.testing.assert_allclose(plane.to_robot([0.0, -10.0]), [0.5, 0.1, 0.37])
    np.testing.assert_allclose(plane.velocity_to_robot([10.0, 20.0]), [0.0, 0.03, 0.06])
    # 6 mm in front of the plane is 2 units along the third axis.
    np.testing.assert_allclose(plane.to_policy([0.506, 0.13, 0.4]), [10.0, 0.0, 2.0], atol=1e-12)


def test_by_default_it_is_the_identity_in_metres() -> None:
    p = [[0.1, -0.2, 0.3], [1.0, 2.0, 3.0]]
    np.testing.assert_array_equal(Placement().to_robot(p), p)
    np.testing.assert_array_equal(Placement().to_policy(p), p)


@settings(max_examples=50, deadline=None)
@given(placement=placements, dimension=st.integers(1, 3), seed=st.integers(0, 2**31))
def test_there_and_back_is_where_it_was(placement: Placement, dimension: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(0.0, 3.0, (4, 5, dimension))
    p = placement.to_robot(x)
    assert p.shape == (4, 5, 3)
    back = placement.to_policy(p)
    tolerance = 1e-9 / placement.metres_per_unit
    np.testing.assert_allclose(back[..., :dimension], x, atol=tolerance)
    np.testing.assert_allclose(back[..., dimension:], 0.0, atol=tolerance)


@settings(max_examples=50, deadline=None)
@given(placement=placements, seed=st.integers(0, 2**31))
def test_it_scales_all_distances_alike(placement: Placement, seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(0.0, 3.0, (2, 10, 3))
    apart = np.linalg.norm(placement.to_robot(a) - placement.to_robot(b), axis=1)
    np.testing.assert_allclose(
        apart, placement.metres_per_unit * np.linalg.norm(a - b, axis=1), rtol=1e-6, atol=1e-12
    )
    np.testing.assert_allclose(
        placement.velocity_to_robot(a - b), placement.to_robot(a) - placement.to_robot(b), atol=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(placement=placements)
def test_json_brings_it_back_exactly(placement: Placement) -> None:
    again = Placement.from_dict(json.loads(json.dumps(placement.to_dict())))
    assert again == placement
    assert hash(again) == hash(placement)


def test_a_missing_key_takes_its_default_and_an_unknown_one_is_refused() -> None:
    assert Placement.from_dict({"metres_per_unit": 0.001}) == Placement(metres_per_unit=0.001)
    with pytest.raises(ParameterError, match=r"got \['scale'\], expected \['metres_per_unit', "):
        Placement.from_dict({"scale": 0.001})


def test_it_compares_by_value_and_does_not_change() -> None:
    assert Placement(origin=[1, 2, 3]) == Placement(origin=[1.0, 2.0, 3.0])
    assert Placement(origin=[1, 2, 3]) != Placement(origin=[1, 2, 4])
    assert Placement() != "placement"
    given_origin = np.array([1.0, 2.0, 3.0])
    placement = Placement(origin=given_origin)
    given_origin[0] = 9.0
    assert placement.origin[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        placement.origin[0] = 5.0
    with pytest.raises(AttributeError):
        placement.metres_per_unit = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rotation": np.diag([1.0, 1.0, -1.0])}, "rotation is not a rotation matrix"),
        ({"rotation": 2 * np.eye(3)}, "rotation is not a rotation matrix"),
        ({"rotation": np.eye(2)}, "rotation is not a rotation matrix"),
        ({"rotation": np.full((3, 3), np.nan)}, "rotation is not a rotation matrix"),
        ({"origin": [1.0, 2.0]}, "origin is not a point"),
        ({"origin": [1.0, 2.0, np.inf]}, "origin is not a point"),
        ({"metres_per_unit": 0.0}, r"metres_per_unit is out of range: got 0.0, expected above 0"),
        ({"metres_per_unit": -1.0}, "metres_per_unit is out of range"),
        ({"metres_per_unit": float("nan")}, "metres_per_unit is out of range"),
    ],
)
def test_what_is_no_similarity_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Placement(**values)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"got shape \[4\], expected \[..., 1 or 2 or 3\]"):
        Placement().to_robot(np.zeros(4))
    with pytest.raises(ShapeError, match=r"got shape \[2\], expected \[..., 3\]"):
        Placement().to_policy(np.zeros(2))
    with pytest.raises(ShapeError, match=r"got shape \[\]"):
        Placement().velocity_to_robot(1.0)
