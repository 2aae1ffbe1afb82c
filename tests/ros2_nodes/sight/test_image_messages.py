"""Image messages: pictures there and back, and why one can't be used."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy")

from builtin_interfaces.msg import Time

from elcd_policy_ros2.sight.image_messages import image_fault, image_message, picture_of

PICTURE = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)


def fault(age: float = 0.05, **changes: object) -> str:
    message = image_message(PICTURE, "camera", Time(sec=3))
    for name, value in changes.items():
        setattr(message, name, value)
    return image_fault(message, 6, 4, "camera", age, 0.5)


def test_a_picture_survives_its_message() -> None:
    message = image_message(PICTURE, "camera", Time(sec=3))
    assert image_fault(message, 6, 4, "camera", 0.0, 0.5) == ""
    np.testing.assert_array_equal(picture_of(message), PICTURE)
    message.encoding = "bgr8"
    np.testing.assert_array_equal(picture_of(message), PICTURE[..., ::-1])


def test_rows_may_be_longer_than_the_picture() -> None:
    message = image_message(PICTURE, "camera", Time())
    padded = np.zeros((4, 20), np.uint8)
    padded[:, :18] = PICTURE.reshape(4, 18)
    message.step, message.data = 20, padded.tobytes()
    assert image_fault(message, 6, 4, "camera", 0.0, 0.5) == ""
    np.testing.assert_array_equal(picture_of(message), PICTURE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoding": "mono8"}, "another encoding: got 'mono8', expected rgb8 or bgr8"),
        ({"width": 7}, "another size: got 7 x 4, expected 6 x 4 pixels"),
        ({"data": b"123"}, "not whole: got 3 bytes in rows of 18"),
        ({"step": 5}, "not whole: got 72 bytes in rows of 5"),
        ({"age": 0.7}, "stale: its stamp is 0.700 s old, the limit is 0.5 s"),
        ({"age": -0.2}, "stamp is 0.200 s in the future"),
        ({"age": float("nan")}, "stale"),
    ],
)
def test_what_is_wrong_is_said(changes: dict, message: str) -> None:
    assert message in fault(**changes)
    assert fault() == ""


def test_another_camera_is_named() -> None:
    message = image_message(PICTURE, "webcam", Time())
    assert "got frame 'webcam', expected 'camera'" in image_fault(message, 6, 4, "camera", 0, 1)
