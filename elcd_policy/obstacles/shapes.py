"""Shapes of obstacles: an ellipsoid or a box, in the policy's coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ParameterError, ShapeError

Array = NDArray[np.float64]

SHAPES = ("ellipsoid", "box")
BOX_POWER = 6.0
"""A box is kept clear of by the smallest ball of this p-norm, scaled along its edges, that
holds it: smooth, and bigger than the box by a factor 1.12 (plane) or 1.20 (space)."""


@dataclass(frozen=True, eq=False)
class Obstacle:
    """A convex body that does not move.

    Parameters
    ----------
    shape : "ellipsoid" or "box".
    centre : [k], k = 2 or 3.
    size : [k], semi-axes of the ellipsoid or half edges of the box, in the policy's units.
    rotation : [k, k], orthonormal with determinant +1; its columns are the body's axes.

    Raises
    ------
    ParameterError
        If a value is out of its range.
    """

    shape: str
    centre: Array
    size: Array
    rotation: Array = field(default_factory=lambda: np.empty((0, 0)))

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ParameterError(
                "an obstacle's shape is unknown", got=self.shape, expected=" or ".join(SHAPES)
            )
        centre = np.array(self.centre, dtype=np.float64)
        k = centre.size
        if centre.shape != (k,) or k not in (2, 3) or not np.isfinite(centre).all():
            raise ParameterError(
                "an obstacle's centre is no point", got=centre.tolist(), expected="2 or 3 numbers"
            )
        size = np.array(self.size, dtype=np.float64)
        if size.shape != (k,) or not (np.isfinite(size).all() and (size > 0).all()):
            raise ParameterError(
                "an obstacle's size is out of range",
                got=size.tolist(),
                expected=f"{k} numbers above 0",
            )
        rotation = np.array(self.rotation, dtype=np.float64)
        if rotation.size == 0:
            rotation = np.eye(k)
        if rotation.shape != (k, k) or not (
            np.isfinite(rotation).all()
            and np.allclose(rotation @ rotation.T, np.eye(k), atol=1e-6)
            and np.linalg.det(rotation) > 0
        ):
            raise ParameterError(
                "an obstacle's rotation is not a rotation matrix",
                got=rotation.tolist(),
                expected=f"{k} x {k}, orthonormal, determinant +1",
            )
        for name, value in (("centre", centre), ("size", size), ("rotation", rotation)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form; ``Obstacle(**values)`` reads it back."""
        return {
            "shape": self.shape,
            "centre": self.centre.tolist(),
            "size": self.size.tolist(),
            "rotation": self.rotation.tolist(),
        }

    @property
    def dimension(self) -> int:
        """Return k, the number of leading coordinates that it concerns."""
        return len(self.centre)

    def guarded(self, margin: float) -> tuple[Array, float]:
        """Return the smooth body that holds every point within ``margin`` of this one.

        An ellipsoid of semi-axes a is widened to ``sqrt(a^2 (1 + m/s) + m^2 + m s)`` with s the
        root mean square of a: since ``2 A m <= A^2 m/s + m s`` for A the support function, this
        holds the sum of ellipsoid and ball, exactly for a sphere. A box is widened by m, then
        enclosed (see `BOX_POWER`).

        Returns
        -------
        semi_axes : [k].
        power : p of the gauge ``(sum |q_i / a_i|^p)^(1/p)``, q in the body's axes.
        """
        a, m, k = self.size, margin, self.dimension
        if self.shape == "box":
            return k ** (1 / BOX_POWER) * (a + m), BOX_POWER
        middle = float(np.sqrt(np.mean(a**2)))
        return np.sqrt(a**2 * (1 + m / middle) + m**2 + m * middle), 2.0

    def distance(self, x: ArrayLike) -> Array:
        """Compute the signed distance of points [..., k] from the surface, negative inside."""
        x = np.asarray(x, dtype=np.float64)
        if x.shape[-1:] != (self.dimension,):
            raise ShapeError(
                "points do not fit an obstacle",
                got=f"shape {list(x.shape)}",
                expected=f"[..., {self.dimension}]",
            )
        q = np.abs((x - self.centre) @ self.rotation)
        if self.shape == "box":
            beyond = q - self.size
            outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=-1)
            return outside + np.minimum(beyond.max(axis=-1), 0.0)
        return _ellipsoid_distance(q, self.size)

    def outline(self, axes: tuple[int, int]) -> Array:
        """The corners [M, 2] of its shadow along all but two coordinates, counterclockwise."""
        from scipy.spatial import ConvexHull

        shadow = self.surface()[:, list(axes)]
        return shadow[ConvexHull(shadow).vertices]

    def surface(self) -> Array:
        """Return points [M, k] whose convex hull is the body: corners, or many of an ellipsoid."""
        if self.shape == "box":
            unit = np.array(list(product((-1.0, 1.0), repeat=self.dimension)))
        else:
            angle = np.linspace(0.0, 2 * np.pi, 64, endpoint=False)
            unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
            if self.dimension == 3:
                height = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 33))[:, None, None]
                ring = np.sqrt(1 - height**2) * unit
                heights = np.broadcast_to(height, (*ring.shape[:2], 1))
                unit = np.concatenate([ring, heights], axis=-1).reshape(-1, 3)
        return self.centre + (unit * self.size) @ self.rotation.T


def _ellipsoid_distance(q: Array, a: Array) -> Array:
    """Compute the signed distance of points ``q >= 0`` [..., k] in its own axes from an ellipsoid.

    The nearest point is ``a^2 q / (t + a^2)`` where t solves ``sum (a q / (t + a^2))^2 = 1``
    (Eberly, "Distance from a point to an ellipse, an ellipsoid, or a hyperellipsoid", 2013).
    """
    q = np.maximum(q, 1e-12 * a.max())  # on a plane of symmetry a limit is meant
    least = float((a**2).min())
    low = np.full(q.shape[:-1], -least)
    high = np.linalg.norm(a * q, axis=-1) + 0.0
    for _ in range(100):
        t = (low + high) / 2
        value = ((a * q / (t[..., None] + a**2)) ** 2).sum(axis=-1)
        low, high = np.where(value > 1, t, low), np.where(value > 1, high, t)
    nearest = a**2 * q / (high[..., None] + a**2)
    inside = ((q / a) ** 2).sum(axis=-1) < 1
    return np.where(inside, -1.0, 1.0) * np.linalg.norm(q - nearest, axis=-1)


class ObstacleSet(NamedTuple):
    """Bodies, and the distance to keep from each of them in the policy's units."""

    bodies: list[Obstacle]
    margin: float = 0.0
