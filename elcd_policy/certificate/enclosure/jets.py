"""Forms along a motion: value and velocity, carried through a flow together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .affine import Array, Form


@dataclass(frozen=True)
class Jet:
    """Enclosures of a point and of its derivative by time; the two share their symbols."""

    value: Form
    rate: Form

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.rate + other.rate)

    def __sub__(self, other: Jet) -> Jet:
        return Jet(self.value - other.value, self.rate - other.rate)

    def __mul__(self, other: Jet) -> Jet:
        rate = self.rate * other.value + self.value * other.rate
        return Jet(self.value * other.value, rate)

    def plus(self, constant: Array) -> Jet:
        """Return the jet shifted by a constant."""
        return Jet(self.value + constant, self.rate)

    def scale(self, factor: float | Array) -> Jet:
        """Return the jet times constants."""
        return Jet(self.value.scale(factor), self.rate.scale(factor))

    def map(self, matrix: Array) -> Jet:
        """Return ``x @ matrix``."""
        return Jet(self.value.map(matrix), self.rate.map(matrix))

    def take(self, index: slice | list[int]) -> Jet:
        """Return the coordinates ``index``."""
        return Jet(self.value.take(index), self.rate.take(index))

    def join(self, other: Jet) -> Jet:
        """Return the coordinates of both."""
        return Jet(self.value.join(other.value), self.rate.join(other.rate))

    def symbolise(self, coordinates: slice) -> Jet:
        """Return the jet with the rest of ``coordinates`` as symbols, see `Form.symbolise`."""
        count = len(np.arange(self.value.center.shape[1])[coordinates])
        return Jet(
            self.value.symbolise(coordinates, after=count),
            self.rate.symbolise(coordinates, before=count),
        )

    def tanh(self) -> Jet:
        """Return the hyperbolic tangent, ``h' = (1 - h^2) x'``."""
        value = self.value.tanh()
        slope = -(value * value) + np.ones_like(value.center)
        return Jet(value, slope * self.rate)

    def exp(self) -> Jet:
        """Return the exponential, ``y' = y x'``."""
        value = self.value.exp()
        return Jet(value, value * self.rate)

    def root_of_square_plus_one(self) -> Jet:
        """Return ``y = sqrt(1 + x^2)``, ``y' = x x' / y``."""
        rate = self.value.slope_of_root() * self.rate
        return Jet(self.value.root_of_square_plus_one(), rate)
