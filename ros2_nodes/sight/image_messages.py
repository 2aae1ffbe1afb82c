"""Pictures to image messages and back, and what makes a message useless."""

from __future__ import annotations

from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from elcd_policy.robot.safety import FUTURE_TOLERANCE

Picture = NDArray[np.uint8]

ENCODINGS = "rgb8", "bgr8"
IMAGE_TOPIC = "camera/image"


def image_message(picture: Picture, frame_id: str, stamp: Time) -> Image:
    """Return a picture [H, W, 3], red, green, blue, as a message."""
    height, width, _ = picture.shape
    message = Image(height=height, width=width, encoding="rgb8", step=3 * width)
    message.header.frame_id, message.header.stamp = frame_id, stamp
    message.data = picture.tobytes()
    return message


def picture_of(message: Any) -> Picture:
    """Return the picture [H, W, 3], red, green, blue, of a message without a fault."""
    rows = np.frombuffer(bytes(message.data), dtype=np.uint8).reshape(message.height, message.step)
    picture = rows[:, : 3 * message.width].reshape(message.height, message.width, 3)
    return picture[..., ::-1] if message.encoding == "bgr8" else picture


def image_fault(
    message: Any, width: int, height: int, frame_id: str, age: float, timeout: float
) -> str:
    """Return the first fault of an image; empty if it can be used.

    Parameters
    ----------
    message : sensor_msgs/Image.
    width, height : pixels that it must have.
    frame_id : that it must name.
    age : s from its stamp to now; negative for the future.
    timeout : s, the age from which it is stale.
    """
    if message.header.frame_id != frame_id:
        got = message.header.frame_id
        return f"the image is of another camera: got frame '{got}', expected '{frame_id}'"
    if message.encoding not in ENCODINGS:
        expected = " or ".join(ENCODINGS)
        return f"the image has another encoding: got '{message.encoding}', expected {expected}"
    if (message.width, message.height) != (width, height):
        return (
            f"the image has another size: got {message.width} x {message.height}, "
            f"expected {width} x {height} pixels"
        )
    if message.step < 3 * width or len(message.data) != message.step * height:
        return (
            f"the image is not whole: got {len(message.data)} bytes in rows of {message.step}, "
            f"expected {height} rows of at least {3 * width}"
        )
    if not age <= timeout:
        return f"the image is stale: its stamp is {age:.3f} s old, the limit is {timeout:g} s"
    if age < -FUTURE_TOLERANCE:
        return (
            f"the image's stamp is {-age:.3f} s in the future, the limit is {FUTURE_TOLERANCE:g} "
            "s; is every node on the same clock (use_sim_time, /clock)?"
        )
    return ""
