"""Affine forms: sound linear enclosures of many sets at once, in float64.

A form describes ``N`` sets of vectors in R^m by ::

    x = center + sum_j s_j linear_j + rest * eta,    |eta_i| <= 1 for each coordinate

The first ``boxes`` symbols ``s_j`` lie in [-1, 1] each (a time, the sides of a box); the others
together lie in the Euclidean unit ball. Every operation returns a form that contains the true image
(affine arithmetic, de Figueiredo and Stolfi 2004). Rounding is covered by a margin: each operation
widens ``rest`` by `MARGIN` times the magnitudes that entered it, at least four times what IEEE
double arithmetic and a libm with errors of up to 4 ulp can lose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
#: Relative rounding margin per operation and term of a sum; the unit roundoff is 1.1e-16.
MARGIN = 2e-15


@dataclass(frozen=True)
class Form:
    """N sets of vectors in R^m; see the module.

    Parameters
    ----------
    center : [N, m].
    linear : [N, k, m].
    rest : [N, m], at least 0.
    boxes : how many of the k symbols lie in [-1, 1] each; the others lie in the unit ball.
    """

    center: Array
    linear: Array
    rest: Array
    boxes: int

    @classmethod
    def of_constant(cls, center: Array, like: Form) -> Form:
        """Return single points [N, m] as a form with the symbols of ``like``."""
        k = like.linear.shape[1]
        linear = np.zeros((len(center), k, center.shape[1]))
        return cls(center, linear, np.zeros_like(center), like.boxes)

    @property
    def spread(self) -> Array:
        """The largest deviation [N, m] from ``center`` by the symbols alone, without ``rest``."""
        sides = np.abs(self.linear[:, : self.boxes]).sum(axis=1)
        ball = np.sqrt(np.square(self.linear[:, self.boxes :]).sum(axis=1))
        return sides + ball

    @property
    def radius(self) -> Array:
        """Return the largest deviation [N, m] from ``center``, rounded outward."""
        return (self.spread + self.rest) * (1 + MARGIN * (2 + self.linear.shape[1]))

    @property
    def magnitude(self) -> Array:
        """Return the largest absolute value [N, m]."""
        return np.abs(self.center) + self.radius

    def norm(self) -> Array:
        """Return an upper bound [N] of the Euclidean norm."""
        corner = np.linalg.norm(self.magnitude, axis=1)
        sides = np.linalg.norm(self.linear[:, : self.boxes], axis=2).sum(axis=1)
        ball = np.linalg.norm(self.linear[:, self.boxes :], axis=(1, 2))
        deviation = sides + ball + np.linalg.norm(self.rest, axis=1)
        bound = np.minimum(corner, np.linalg.norm(self.center, axis=1) + deviation)
        return bound * (1 + 4 * MARGIN * (1 + self.linear.shape[1] * self.center.shape[1]))

    def __add__(self, other: Form | Array) -> Form:
        if isinstance(other, Form):
            center, linear = self.center + other.center, self.linear + other.linear
            lost = np.abs(self.center) + np.abs(other.center) + _size(linear)
            return Form(center, linear, self.rest + other.rest + MARGIN * lost, self.boxes)
        center = self.center + other
        lost = np.abs(self.center) + np.abs(center)
        return Form(center, self.linear, self.rest + MARGIN * lost, self.boxes)

    def __sub__(self, other: Form | Array) -> Form:
        return self + (-other)

    def __neg__(self) -> Form:
        return Form(-self.center, -self.linear, self.rest, self.boxes)

    def scale(self, factor: float | Array) -> Form:
        """Return the form times constants, which broadcast to [N, m]."""
        factor = np.broadcast_to(np.asarray(factor, dtype=float), self.center.shape)
        size = np.abs(factor)
        center, linear = self.center * factor, self.linear * factor[:, None]
        lost = MARGIN * (np.abs(center) + _size(linear))
        return Form(center, linear, self.rest * size * (1 + MARGIN) + lost, self.boxes)

    def map(self, matrix: Array) -> Form:
        """Return ``x @ matrix`` for a matrix [m, p], or one [N, m, p] for each set."""
        size = np.abs(matrix)
        if matrix.ndim == 2:
            center, linear = self.center @ matrix, self.linear @ matrix
            rest, lost = self.rest @ size, np.abs(self.center) @ size
        else:
            center = np.matmul(self.center[:, None], matrix)[:, 0]
            linear = np.matmul(self.linear, matrix)
            rest = np.matmul(self.rest[:, None], size)[:, 0]
            lost = np.matmul(np.abs(self.center)[:, None], size)[:, 0]
        terms = MARGIN * matrix.shape[-2]
        rest = rest * (1 + terms) + terms * (lost + _product_size(self.linear, size))
        return Form(center, linear, rest, self.boxes)

    def __mul__(self, other: Form) -> Form:
        """Return the product, coordinate by coordinate; the sets share their symbols."""
        center = self.center * other.center
        linear = self.linear * other.center[:, None] + other.linear * self.center[:, None]
        first, second = self.radius, other.radius
        rest = np.abs(self.center) * other.rest + np.abs(other.center) * self.rest
        lost = np.abs(center) + np.abs(self.center) * second + np.abs(other.center) * first
        rest = (rest + first * second) * (1 + 4 * MARGIN) + 4 * MARGIN * lost
        return Form(center, linear, rest, self.boxes)

    def rows(self, index: Array | slice) -> Form:
        """Return the sets ``index``."""
        return Form(self.center[index], self.linear[index], self.rest[index], self.boxes)

    def halve(self, symbol: Array) -> Form:
        """Return 2 N sets: each one cut in two at 0 of its ``symbol`` [N], one of ``boxes``."""
        n = np.arange(len(self.center))
        side = self.linear[n, symbol] / 2
        linear = self.linear.copy()
        linear[n, symbol] = side
        center = np.concatenate([self.center - side, self.center + side])
        rest = np.tile(self.rest + MARGIN * np.abs(self.center), (2, 1))
        return Form(center, np.tile(linear, (2, 1, 1)), rest, self.boxes)

    def take(self, index: Array | slice | list[int]) -> Form:
        """Return the coordinates ``index``."""
        return Form(
            self.center[:, index], self.linear[:, :, index], self.rest[:, index], self.boxes
        )

    def join(self, other: Form) -> Form:
        """Return the coordinates of both, one after the other."""
        return Form(
            np.concatenate([self.center, other.center], axis=1),
            np.concatenate([self.linear, other.linear], axis=2),
            np.concatenate([self.rest, other.rest], axis=1),
            self.boxes,
        )

    def symbolise(self, coordinates: slice, before: int = 0, after: int = 0) -> Form:
        """Return the form with ``rest`` of ``coordinates`` as symbols, which later cancel.

        ``before`` and ``after`` leave room for the symbols of other forms.
        """
        index = np.arange(self.center.shape[1])[coordinates]
        n, _, m = self.linear.shape
        own = np.zeros((n, len(index), m))
        own[:, np.arange(len(index)), index] = self.rest[:, index]
        rest = self.rest.copy()
        rest[:, index] = 0.0
        fresh = [np.zeros((n, before, m)), own, np.zeros((n, after, m))]
        linear = np.concatenate([*fresh, self.linear], axis=1)
        return Form(self.center, linear, rest, self.boxes + before + len(index) + after)

    def tanh(self) -> Form:
        """Return the hyperbolic tangent."""

        def critical(slope: Array) -> list[Array]:
            turn = np.arctanh(np.sqrt(np.clip(1 - slope, 0.0, 1 - 1e-15)))
            return [turn, -turn]

        return self._linearise(np.tanh, lambda x: 1 - np.tanh(x) ** 2, critical)

    def exp(self) -> Form:
        """Return the exponential."""
        return self._linearise(np.exp, np.exp, lambda slope: [np.log(np.maximum(slope, 1e-300))])

    def root_of_square_plus_one(self) -> Form:
        """Return ``sqrt(1 + x^2)``."""

        def critical(slope: Array) -> list[Array]:
            return [slope / np.sqrt(np.maximum(1 - slope**2, 1e-300))]

        return self._linearise(
            lambda x: np.sqrt(1 + x * x), lambda x: x / np.sqrt(1 + x * x), critical
        )

    def slope_of_root(self) -> Form:
        """Return ``x / sqrt(1 + x^2)``, the derivative of `root_of_square_plus_one`."""

        def critical(slope: Array) -> list[Array]:
            turn = np.sqrt(np.maximum(np.maximum(slope, 1e-300) ** (-2 / 3) - 1, 0.0))
            return [turn, -turn]

        return self._linearise(
            lambda x: x / np.sqrt(1 + x * x), lambda x: (1 + x * x) ** -1.5, critical
        )

    def _linearise(
        self,
        function: Callable[[Array], Array],
        derivative: Callable[[Array], Array],
        critical: Callable[[Array], list[Array]],
    ) -> Form:
        """Replace a function by the line through its ends, and what that is off by.

        ``critical(slope)`` are the points at which ``function(x) - slope x`` has its extremes.
        """
        radius = self.radius
        lower, upper = self.center - radius, self.center + radius
        width = upper - lower
        at_lower, at_upper = function(lower), function(upper)
        wide = width > 1e-6 * (1 + np.abs(self.center))
        slope = np.where(
            wide, (at_upper - at_lower) / np.where(wide, width, 1.0), derivative(self.center)
        )
        residuals = [at_lower - slope * lower, at_upper - slope * upper]
        for point in critical(slope):
            point = np.clip(point, lower, upper)
            residuals.append(function(point) - slope * point)
        largest, smallest = np.maximum.reduce(residuals), np.minimum.reduce(residuals)
        half = (largest - smallest) / 2
        # The extreme is found to rounding only; a residual is flat there, so that is second order.
        lost = np.abs(at_lower) + np.abs(at_upper) + np.abs(slope) * (np.abs(self.center) + radius)
        center = slope * self.center + (largest + smallest) / 2
        rest = np.abs(slope) * self.rest + half + 16 * MARGIN * lost
        return Form(center, self.linear * slope[:, None], rest, self.boxes)


def concatenate(forms: list[Form]) -> Form:
    """Return the sets of several forms with the same symbols."""
    return Form(
        np.concatenate([form.center for form in forms]),
        np.concatenate([form.linear for form in forms]),
        np.concatenate([form.rest for form in forms]),
        forms[0].boxes,
    )


def _size(linear: Array) -> Array:
    return np.abs(linear).sum(axis=1)


def _product_size(linear: Array, size: Array) -> Array:
    return np.matmul(_size(linear)[:, None], size)[:, 0] if size.ndim == 3 else _size(linear) @ size
