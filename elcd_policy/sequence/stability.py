"""Stability of a recurrent layer, from its matrices.

For two trajectories under the same input, ``d = h_1 - h_2`` follows ``d' = A d + D(t)`` with
``|D| <= sigma_max(W) |d|``, as tanh has slopes up to 1. With ``m = -lambda_max((A + A^T) / 2)``
hence ``|d(t)| <= exp(-(m - sigma_max(W)) t) |d(0)|``: if m > sigma_max(W), all trajectories
under one input become one.

If W is symmetric and negative definite there is another condition, in the metric -W: as tanh is
monotone, ``V = -d^T W d`` has ``V' <= -d^T (A^T W + W A) d``. For a W that is not symmetric that
condition, though often quoted, is false.

A step of size e by a method with the polynomial R is a linear map ``R(e A)`` and terms with at
least one D: it changes |d| by a factor of at most
``|R(e A)| + R(e (|A| + sigma_max(W))) - R(e |A|)``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import ParameterError
from .integrators import INTEGRATORS, Integrator, integrator_named

#: Steps are looked for up to this over |A| + sigma_max(W): beyond it none contracts.
LARGEST = 4.0
SCAN, HALVINGS = 40, 20


@dataclass(frozen=True)
class LayerStability:
    """Stability of one layer.

    Times are in units of the layer's own time, in which a sample takes ``step``.

    Attributes
    ----------
    eigenvalue_interval : the real parts of A's eigenvalues lie in it.
    norm_a, norm_w : largest singular values of A and W.
    rate : ``m - sigma_max(W)``; positive if the first condition holds, and then any two
        trajectories under one input approach each other at least so fast.
    monotone_rate : the same by the second condition, in the metric -W; None if W is not
        symmetric and negative definite, not positive if the condition fails.
    integrator : of the layer.
    step : e, of a sample.
    step_factor : bound on what one step makes of a distance; below 1 it contracts.
    largest_step : by integrator, the step size below which ``step_factor`` is below 1; 0 if
        there is none.
    """

    eigenvalue_interval: tuple[float, float]
    norm_a: float
    norm_w: float
    rate: float
    monotone_rate: float | None
    integrator: str
    step: float
    step_factor: float
    largest_step: dict[str, float]

    @property
    def stable(self) -> bool:
        """Return whether a sufficient condition holds in continuous time."""
        return self.rate > 0 or (self.monotone_rate or 0.0) > 0

    @property
    def contracting_steps(self) -> bool:
        """Return whether every single step, as it is computed, is a contraction."""
        return self.step_factor < 1


@dataclass(frozen=True)
class StabilityCertificate:
    """Stability of a stack of layers, each the next one's input: it holds if all layers' do."""

    layers: tuple[LayerStability, ...]

    @property
    def stable(self) -> bool:
        """Return whether a sufficient condition holds for each layer, in continuous time."""
        return all(layer.stable for layer in self.layers)

    @property
    def contracting_steps(self) -> bool:
        """Return whether the same is shown for the steps as they are computed."""
        return all(layer.contracting_steps for layer in self.layers)

    @property
    def rate(self) -> float:
        """Return the slowest layer's, per unit of time; not positive if nothing is shown."""
        return min(max(layer.rate, layer.monotone_rate or -float("inf")) for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        layers = [
            asdict(layer) | {"stable": layer.stable, "contracting_steps": layer.contracting_steps}
            for layer in self.layers
        ]
        return {
            "stable": self.stable,
            "contracting_steps": self.contracting_steps,
            "rate": self.rate,
            "layers": layers,
        }


def describe_stability(facts: Mapping[str, Any]) -> str:
    """Return what `StabilityCertificate.to_dict` says, in words."""
    if not facts["stable"]:
        return "not shown to be stable"
    steps = "" if facts["contracting_steps"] else "not "
    return (
        f"stable in continuous time at the rate {facts['rate']:.3g}; its steps are {steps}shown to "
        "contract"
    )


def layer_stability(a: Tensor, w: Tensor, e: float, integrator: str) -> LayerStability:
    """Compute all that is certified of a layer, in float64.

    Parameters
    ----------
    a, w : A and W, [N, N].
    e : step size.
    integrator : of `INTEGRATORS`.

    Raises
    ------
    ParameterError
        If there is no such integrator, a matrix is not finite, or the step size not positive.
    """
    integrator_named(integrator)
    a, w = a.detach().double(), w.detach().double()
    if not bool((a.isfinite() & w.isfinite()).all()):
        raise ParameterError(
            "nothing is known of a layer whose weights are not finite",
            got="nan or inf",
            expected="finite weights",
        )
    if not 0.0 < e < math.inf:
        raise ParameterError("the step size is out of range", got=e, expected="above 0")
    spectrum = torch.linalg.eigvalsh((a + a.t()) / 2)
    norm_a, norm_w = _norm(a), _norm(w)
    return LayerStability(
        eigenvalue_interval=(float(spectrum[0]), float(spectrum[-1])),
        norm_a=norm_a,
        norm_w=norm_w,
        rate=-float(spectrum[-1]) - norm_w,
        monotone_rate=_monotone_rate(a, w),
        integrator=integrator,
        step=e,
        step_factor=step_factor(a, w, e, integrator),
        largest_step={name: largest_step(a, w, name) for name in INTEGRATORS},
    )


def step_factor(a: Tensor, w: Tensor, e: float, integrator: str) -> float:
    """Bound on what one step of size ``e`` makes of the distance of two states.

    Parameters
    ----------
    a, w : A and W, [N, N] in float64.
    """
    return _factor(a, _norm(a), _norm(w), e, integrator_named(integrator))


def largest_step(a: Tensor, w: Tensor, integrator: str) -> float:
    """Find the step size up to which `step_factor` is below 1, by scanning and bisecting."""
    method, norm_a, norm_w = integrator_named(integrator), _norm(a), _norm(w)
    if norm_a + norm_w == 0.0:
        return 0.0
    found, above = 0.0, 0.0
    # Evenly on a logarithmic scale, over six decades.
    for e in torch.logspace(-6, 0, SCAN, dtype=torch.float64).tolist():
        above = LARGEST * e / (norm_a + norm_w)
        if _factor(a, norm_a, norm_w, above, method) >= 1:
            break
        found = above
    for _ in range(HALVINGS if found else 0):
        middle = (found + above) / 2
        if _factor(a, norm_a, norm_w, middle, method) < 1:
            found = middle
        else:
            above = middle
    return found


def _factor(a: Tensor, norm_a: float, norm_w: float, e: float, method: Integrator) -> float:
    linear, power, rest = torch.zeros_like(a), torch.eye(len(a)).to(a), 0.0
    for degree, coefficient in enumerate(method.polynomial):
        linear = linear + coefficient * power
        power = power @ (e * a)
        rest += coefficient * ((e * (norm_a + norm_w)) ** degree - (e * norm_a) ** degree)
    return _norm(linear) + rest


def _norm(matrix: Tensor) -> float:
    return float(torch.linalg.matrix_norm(matrix, 2))


def _monotone_rate(a: Tensor, w: Tensor) -> float | None:
    if not torch.equal(w, w.t()):
        return None
    spectrum = torch.linalg.eigvalsh(-w)
    if float(spectrum[0]) <= 0:
        return None
    slowest = torch.linalg.eigvalsh(a.t() @ w + w @ a)[0]
    # Half of V's rate: a distance is its root. Its sign is right where it is negative.
    return float(slowest / spectrum[-1]) / 2
