"""Explicit Runge-Kutta methods whose stages use only the stage before: Euler, midpoint, RK4."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import ParameterError


@dataclass(frozen=True)
class Integrator:
    """One step of ``h' = f(h)``: ``y_1 = h``, ``y_{i+1} = h + e a_{i+1} f(y_i)``,
    ``h+ = h + e sum_i b_i f(y_i)``.

    Parameters
    ----------
    nodes : ``a``, one for each stage, the first 0.
    weights : ``b``, one for each stage.
    """

    nodes: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def order(self) -> int:
        """Return the order of the global error; for these three it is the number of stages."""
        return len(self.nodes)

    @property
    def is_chain(self) -> bool:
        """Return whether the state after a step is made from the last stage alone."""
        return not any(self.weights[:-1])

    @property
    def polynomial(self) -> list[float]:
        """Return the coefficients of ``R``, low powers first: ``h' = A h`` steps by ``R(e A)``."""
        return [1.0 / math.factorial(power) for power in range(self.order + 1)]


#: By name: explicit Euler, explicit midpoint, the classical method of order four.
INTEGRATORS = {
    "euler": Integrator((0.0,), (1.0,)),
    "rk2": Integrator((0.0, 0.5), (0.0, 1.0)),
    "rk4": Integrator((0.0, 0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
}


def integrator_named(name: str) -> Integrator:
    """Look up one of `INTEGRATORS`.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    if name not in INTEGRATORS:
        raise ParameterError("unknown integrator", got=repr(name), expected=", ".join(INTEGRATORS))
    return INTEGRATORS[name]
