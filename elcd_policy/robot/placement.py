"""Placement of a policy's coordinates in a robot's base frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ParameterError, ShapeError


@dataclass(frozen=True)
class Placement:
    """Similarity from policy coordinates ``x`` to robot positions ``p`` in the base frame.

    ``p = origin + metres_per_unit * rotation[:, :d] @ x`` for a policy of d = 1, 2 or 3
    dimensions. Rotation, translation and uniform scaling keep a contraction guarantee and
    its rate: they change the metric by a constant factor only.

    Parameters
    ----------
    rotation : [3, 3], orthonormal, determinant +1. Its first d columns are the axes of the
        policy's coordinates, expressed in the base frame.
    origin : [3] in m, the robot position of the policy's ``x = 0``.
    metres_per_unit : m per unit of the demonstrations (0.001 draws mm at true size).

    Raises
    ------
    ParameterError
        If the rotation is not one, a value is not finite or the scale is not positive.
    """

    rotation: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    origin: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    metres_per_unit: float = 1.0

    def __post_init__(self) -> None:
        rotation = np.array(self.rotation, dtype=np.float64)
        origin = np.array(self.origin, dtype=np.float64)
        scale = float(self.metres_per_unit)
        if rotation.shape != (3, 3) or not (
            np.isfinite(rotation).all()
            and np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
            and np.linalg.det(rotation) > 0
        ):
            raise ParameterError(
                "a placement's rotation is not a rotation matrix",
                got=rotation.tolist(),
                expected="3 x 3, orthonormal, determinant +1",
            )
        if origin.shape != (3,) or not np.isfinite(origin).all():
            raise ParameterError(
                "a placement's origin is not a point",
                got=origin.tolist(),
                expected="three finite numbers in m",
            )
        if not (np.isfinite(scale) and scale > 0):
            raise ParameterError(
                "a placement's metres_per_unit is out of range", got=scale, expected="above 0"
            )
        rotation.setflags(write=False)
        origin.setflags(write=False)
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "metres_per_unit", scale)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Placement):
            return NotImplemented
        return (
            np.array_equal(self.rotation, other.rotation)
            and np.array_equal(self.origin, other.origin)
            and self.metres_per_unit == other.metres_per_unit
        )

    def __hash__(self) -> int:
        return hash((self.rotation.tobytes(), self.origin.tobytes(), self.metres_per_unit))

    def to_robot(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the robot positions [..., 3] in m of positions [..., d] in the policy's units."""
        return self.origin + self.velocity_to_robot(x)

    def to_policy(self, p: ArrayLike) -> NDArray[np.float64]:
        """Robot positions [..., 3] in m to all three policy coordinates [..., 3].

        A policy of d < 3 dimensions uses the first d; the others, times
        ``metres_per_unit``, are the distance from its line or plane.
        """
        offset = _last_axis(p, (3,)) - self.origin
        return offset @ self.rotation / self.metres_per_unit

    def velocity_to_robot(self, v: ArrayLike) -> NDArray[np.float64]:
        """Map velocities [..., d] in units per s to robot velocities [..., 3] in m/s."""
        v = _last_axis(v, (1, 2, 3))
        return self.metres_per_unit * v @ self.rotation[:, : v.shape[-1]].T

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form; `from_dict` reads it back exactly."""
        return {
            "rotation": self.rotation.tolist(),
            "origin": self.origin.tolist(),
            "metres_per_unit": self.metres_per_unit,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Placement:
        """Return the placement that `to_dict` described; a missing key takes its default."""
        known = {"rotation", "origin", "metres_per_unit"}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ParameterError(
                "a placement has unknown keys", got=unknown, expected=sorted(known)
            )
        return cls(**{key: values[key] for key in values})


def _last_axis(x: ArrayLike, sizes: tuple[int, ...]) -> NDArray[np.float64]:
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] not in sizes:
        raise ShapeError(
            "an array does not fit a placement",
            got=f"shape {list(x.shape)}",
            expected=f"[..., {' or '.join(map(str, sizes))}]",
        )
    return x
