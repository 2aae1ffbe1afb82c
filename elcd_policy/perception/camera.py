"""A pinhole camera that stands still: from points in space to pixels, and back onto a plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ParameterError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A camera: its pose in a robot's base frame, and its field of view.

    Pixels are counted from the upper left corner of the image, to the right and down; the centre
    of the first one is (0.5, 0.5).

    Parameters
    ----------
    position : [3] in m, of the pinhole.
    target : [3] in m, on the optical axis; what is above it is above it in the image.
    field_of_view : degrees, from the image's lower to its upper edge.
    width, height : pixels.

    Raises
    ------
    ParameterError
        If it sees nothing, or looks straight up or down.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    field_of_view: float
    width: int
    height: int

    def __post_init__(self) -> None:
        for name in ("position", "target"):
            object.__setattr__(self, name, tuple(float(value) for value in getattr(self, name)))
        across = np.linalg.norm(np.subtract(self.target, self.position)[:2])
        sees = 0 < self.field_of_view < 180 and min(self.width, self.height) > 0
        if not (sees and across > 1e-6):
            raise ParameterError(
                "a camera sees nothing",
                got=self,
                expected="a field of view of 0 to 180 degrees, pixels, a target that is not "
                "straight below or above",
            )

    @property
    def axes(self) -> Array:
        """Return [3, 3], rows: to the right, down and ahead, as the camera sees it."""
        ahead = np.subtract(self.target, self.position)
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(ahead, right), ahead]).astype(np.float64)

    @property
    def intrinsics(self) -> Array:
        """Return K [3, 3], from a direction in `axes` to homogeneous pixels."""
        focal = self.height / 2 / np.tan(np.radians(self.field_of_view / 2))
        return np.array([[focal, 0, self.width / 2], [0, focal, self.height / 2], [0, 0, 1.0]])

    def project(self, points: ArrayLike) -> Array:
        """Project positions [..., 3] in m to pixels [..., 2]."""
        seen = (np.asarray(points, np.float64) - self.position) @ self.axes.T @ self.intrinsics.T
        return np.asarray(seen[..., :2] / seen[..., 2:], np.float64)

    def onto_plane(self, height: float) -> Array:
        """Return H [3, 3], from pixels (u, v, 1) to a multiple of (x, y, 1) on ``z = height``.

        The factor is positive where the pixel's ray meets the plane.
        """
        inverse = np.linalg.inv(self.intrinsics @ self.axes)  # from pixels to their rays
        drop = height - self.position[2]
        # position + ray * drop / ray_z, times ray_z / drop
        plane = inverse.copy()
        plane[2] = inverse[2] / drop
        plane[0] += self.position[0] * plane[2]
        plane[1] += self.position[1] * plane[2]
        return plane.astype(np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Camera:
        """Rebuild the camera that `to_dict` described."""
        return cls(**values)
