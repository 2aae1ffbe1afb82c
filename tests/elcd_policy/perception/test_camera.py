"""A camera's geometry: from space to pixels and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy.perception import Camera

CAMERA = Camera((1.2, 0.1, 0.9), (0.5, 0.0, 0.0), 40.0, 96, 72)


def test_the_optical_axis_is_the_middle_of_the_image() -> None:
    np.testing.assert_allclose(CAMERA.project(CAMERA.target), [48, 36], atol=1e-9)


def test_what_is_higher_is_higher_in_the_image_and_left_is_left() -> None:
    facing = Camera((1.0, 0.0, 0.5), (0.0, 0.0, 0.5), 60.0, 100, 100)
    _, up = facing.project([0.0, 0.0, 0.6])
    assert up < 50
    left, _ = facing.project([0.0, -0.1, 0.5])  # it looks against x
    assert left < 50
    # At a distance of 1 m the image is 2 tan(30 deg) m high.
    assert 50 - up == pytest.approx(100 * 0.1 / (2 * np.tan(np.pi / 6)))


@given(st.floats(0.2, 0.9), st.floats(-0.4, 0.4), st.floats(-0.1, 0.3))
def test_a_pixel_leads_back_to_its_point_on_the_plane(x: float, y: float, z: float) -> None:
    u, v = CAMERA.project([x, y, z])
    point = CAMERA.onto_plane(z) @ [u, v, 1.0]
    np.testing.assert_allclose(point[:2] / point[2], [x, y], atol=1e-9)
    assert point[2] > 0


def test_it_survives_json() -> None:
    assert Camera.from_dict(json.loads(json.dumps(CAMERA.to_dict()))) == CAMERA


@pytest.mark.parametrize(
    "changed", [{"field_of_view": 0.0}, {"width": 0}, {"target": (1.2, 0.1, 0.0)}]
)
def test_a_camera_that_sees_nothing_is_refused(changed: dict) -> None:
    with pytest.raises(ParameterError, match="a camera sees nothing"):
        Camera(**{**CAMERA.to_dict(), **changed})
