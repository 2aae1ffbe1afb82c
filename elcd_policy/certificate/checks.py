"""The inequalities behind a certificate, evaluated in float64 at many points."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..fields import LatentField
from ..formats import LoadedPolicy
from .construction import ROUNDING, field_error
from .exact import ExactPolicy, jacobian, times
from .points import workspace_size
from .types import Check

CONSISTENT = 1e-6  # relative, of velocities that should agree in float64
ROUND_TRIP = 1e-6  # of the workspace's diagonal, in float64
CONDITION = 1e8  # of J_phi: beyond, float64 itself says little
GOAL_OFFSET = 1e-4  # of the workspace's diagonal: the goal is stored in float32
SERVED = 1e-3  # of the largest speed: float32 against float64
AT_GOAL = 1e-5  # of the largest speed; a latent goal in float32 left 2e-6 in two policies looked at


@dataclass(frozen=True)
class Sample:
    """A policy at N positions, in float64.

    Parameters
    ----------
    x : [N, d] positions.
    e : [N, d], ``phi(x) - z*``.
    latent : [N, d] latent velocity at ``phi(x)``, 1/s.
    slope : [N, d, d] its Jacobian ``Df(z)``, 1/s.
    velocity : [N, d] the velocity that the file's forward gives at x.
    jacobian : [N, d, d], ``J_phi(x)``.
    """

    x: Tensor
    e: Tensor
    latent: Tensor
    slope: Tensor
    velocity: Tensor
    jacobian: Tensor

    @property
    def finite(self) -> bool:
        """Return whether every number in it is one."""
        return all(bool(torch.isfinite(value).all()) for value in vars(self).values())


def sample(exact: ExactPolicy, x: Tensor) -> Sample:
    """Return the policy at positions [N, d]; points at the goal itself are left out."""
    with torch.no_grad():
        z = exact.encode(x)
    size = (z - exact.latent_goal).norm(dim=1)
    away = ~(size <= 1e-9 * size.max())
    x, z = x[away], z[away]
    with torch.no_grad():
        latent, velocity = exact.latent_velocity(z), exact.velocity(x)
    return Sample(
        x=x,
        e=z - exact.latent_goal,
        latent=latent,
        slope=jacobian(exact.latent_velocity, z),
        velocity=velocity,
        jacobian=jacobian(exact.encode, x),
    )


def contraction_checks(
    at: Sample, rate: float, kind: str, field: LatentField | None, duration: float
) -> list[Check]:
    """Check that latent and data velocities contract at ``rate``, and are each other's image."""
    pushed = times(at.jacobian, at.velocity)
    limit = ROUNDING * rate
    checks = [
        Check("(z-z*).f(z) / |z-z*|^2 + c", _growth(at.e, at.latent) + rate, limit, "1/s"),
        Check(
            "(z-z*).J_phi(x) forward(x) / |z-z*|^2 + c", _growth(at.e, pushed) + rate, limit, "1/s"
        ),
        Check(
            "|J_phi(x) forward(x) - f(z)| / |f(z)|",
            float(((pushed - at.latent).norm(dim=1) / at.latent.norm(dim=1)).max()),
            CONSISTENT,
        ),
    ]
    if kind == "contraction of every pair":
        checks += [
            Check("largest eigenvalue of sym Df(z) + c", _largest(at.slope) + rate, limit, "1/s"),
            Check(
                "(z-z').(J forward(x) - J' forward(x')) / |z-z'|^2 + c",
                _pairs(at.e, pushed) + rate,
                limit,
                "1/s",
            ),
        ]
    matrix = None if field is None else field.linearisation(at.e)
    if matrix is not None:
        largest = _largest(matrix) / duration
        checks.append(Check("largest eigenvalue of sym A(z) + c", largest + rate, limit, "1/s"))
    if field is not None:
        error = field_error(field, at.e, at.latent, duration)
        checks.append(Check("f(z) against its formula, relative", error, CONSISTENT))
    return checks


def invertibility_checks(exact: ExactPolicy, at: Sample) -> list[Check]:
    """Check that phi can be inverted in float64 wherever it was evaluated."""
    units, size = exact.facts.units, workspace_size(exact.facts)
    with torch.no_grad():
        back = exact.decode(at.e + exact.latent_goal)
    # Relative for points that lie far outside.
    scale = (at.x - exact.goal).norm(dim=1).clamp(min=size) / size
    error = float(((back - at.x).norm(dim=1) / scale).max())
    singular = torch.linalg.svdvals(at.jacobian)
    condition = float((singular[:, 0] / singular[:, -1]).max())
    return [
        Check("|phi^-1(phi(x)) - x|", error, ROUND_TRIP * size, units),
        Check("condition number of J_phi(x)", condition, CONDITION),
    ]


def goal_checks(exact: ExactPolicy, at: Sample, policy: LoadedPolicy) -> list[Check]:
    """Check that the field comes to rest at the goal, and is served as it was checked.

    Parameters
    ----------
    at : of the workspace and the demonstrations.
    """
    units, size = exact.facts.units, workspace_size(exact.facts)
    largest = float(at.velocity.norm(dim=1).max())
    with torch.no_grad():
        offset = float((exact.decode(exact.latent_goal) - exact.goal).norm())
        residual = float(exact.velocity(exact.goal).norm())
    moved = policy.get_goal() - (exact.goal / exact.unit).numpy()
    served = torch.tensor(policy.velocity(policy.get_goal())) * exact.unit
    x = (at.x / exact.unit).numpy() + moved
    difference = torch.tensor(policy.velocity(x)) * exact.unit - at.velocity
    return [
        Check("distance of the equilibrium from the goal", offset, GOAL_OFFSET * size, units),
        Check("speed at the goal", residual, AT_GOAL * largest, f"{units}/s"),
        Check(
            "speed at the goal, as served", float(served.norm()), AT_GOAL * largest, f"{units}/s"
        ),
        Check(
            "float32 as served against float64",
            float(difference.norm(dim=1).max()),
            SERVED * largest,
            f"{units}/s",
        ),
    ]


def _growth(e: Tensor, velocity: Tensor) -> float:
    """Return the largest ``e.velocity / |e|^2``."""
    return float(((e * velocity).sum(dim=1) / (e * e).sum(dim=1)).max())


def _largest(matrices: Tensor) -> float:
    """Return the largest eigenvalue of any symmetric part."""
    return float(torch.linalg.eigvalsh((matrices + matrices.mT) / 2).max())


def _pairs(e: Tensor, velocity: Tensor) -> float:
    """Return the largest growth rate of distances between points, of random and close pairs."""
    order = torch.randperm(len(e), generator=torch.Generator().manual_seed(1))
    # Neighbours in any one coordinate are closer than random pairs.
    along = torch.argsort(e[:, 0])
    growth = []
    for first, second in ((order[:-1], order[1:]), (along[:-1], along[1:])):
        gap, rate = e[first] - e[second], velocity[first] - velocity[second]
        apart = gap.norm(dim=1) > 1e-6 * e.norm(dim=1).max()
        growth.append(_growth(gap[apart], rate[apart]))
    return max(growth)
