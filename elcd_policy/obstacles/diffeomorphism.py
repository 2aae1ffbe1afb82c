"""The map that closes obstacles to points, with its inverse and the field it pulls back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor, nn

from ..errors import ParameterError
from .shapes import Obstacle

Array = NDArray[np.float64]

REACH = 2.0
"""Gamma beyond which an obstacle changes nothing, where others and the goal leave the room."""
SHARE = 0.8
"""Share of the room up to the goal, and up to another obstacle, that a zone may take."""
LIFT = 0.02
"""A point that was pushed inside is treated as if it were at ``Gamma = 1 + LIFT``."""
NEAREST = 1e-9
"""Gamma below which a point counts as an obstacle's centre."""


class ObstacleMap(nn.Module):
    """``psi(x) = p + h(Gamma(x)) (x - p)`` around each obstacle, the identity elsewhere.

    With ``u = (o - Gamma) / (o - 1)`` clipped to [0, 1], ``h = 1 - u^3 / Gamma``: along a ray
    the gauge s becomes ``s h(s) = s - u^3``, which grows from 0 at s = 1 to o at s = o. So psi
    maps the space outside the obstacles onto all of space but their centres; it and its
    inverse, a root of a cubic, are twice continuously differentiable. Zones ``Gamma < o`` of
    different obstacles do not overlap, and none holds the goal: o is chosen so.

    A field F is pulled back and slowed down by h, which makes it finite and keeps its paths::

        xdot = h Dpsi^-1 F(psi(x)) = F - b (x - p) (grad Gamma . F) / Gamma,
        b = (3 u^2 / (o - 1) + u^3 / Gamma) / (1 + 3 u^2 / (o - 1))

    by ``Dpsi = h I + (x - p) grad h^T`` (Sherman-Morrison); coordinates beyond the k that
    obstacles concern are slowed down alike. On the surface b = 1: the velocity
    is tangential there. This is a modulation in the sense of Khansari-Zadeh and Billard ("A
    dynamical system approach to realtime obstacle avoidance", Auton. Robots 32, 2012) with the
    field read at psi(x) instead of x, which makes it one field seen in other coordinates.

    Parameters
    ----------
    obstacles : at least one, of the same dimension k, disjoint also with their margins.
    margin : distance to keep from every obstacle, in the policy's units.
    dimension : d >= k, of the policy; an obstacle concerns the first k coordinates.

    Raises
    ------
    ParameterError
        If the obstacles do not fit together or the policy.
    """

    def __init__(self, obstacles: Sequence[Obstacle], margin: float, dimension: int) -> None:
        super().__init__()
        if not (np.isfinite(margin) and margin >= 0):
            raise ParameterError(
                "the margin around obstacles is out of range", got=margin, expected="at least 0"
            )
        sizes = {obstacle.dimension for obstacle in obstacles}
        if len(sizes) != 1 or max(sizes) > dimension:
            raise ParameterError(
                "the obstacles do not fit the policy",
                got=f"{len(obstacles)} obstacles of dimension {sorted(sizes)}",
                expected=f"at least one, all of 2 or all of 3, at most {dimension}",
            )
        self.k: int = sizes.pop()
        # TorchScript reads attributes, not a module's globals.
        self.share, self.lift, self.nearest = SHARE, LIFT, NEAREST
        guards = [obstacle.guarded(margin) for obstacle in obstacles]
        self.centre: Tensor
        self.semi_axes: Tensor
        self.rotation: Tensor
        self.power: Tensor
        self.reach: Tensor
        stacked = {
            "centre": np.array([obstacle.centre for obstacle in obstacles]),
            "semi_axes": np.array([axes for axes, _ in guards]),
            "rotation": np.array([obstacle.rotation for obstacle in obstacles]),
            "power": np.array([power for _, power in guards]),
            "reach": np.full(len(obstacles), REACH),
        }
        for name, value in stacked.items():
            self.register_buffer(name, torch.tensor(value))
        self._keep_apart()

    def _keep_apart(self) -> None:
        """Shrink the zones of obstacles that are close to each other."""
        for i, j in combinations(range(len(self.centre)), 2):
            touching = self._common_growth(i, j)
            if touching <= 1:
                raise ParameterError(
                    "two obstacles overlap, counting the margin around them",
                    got=f"centres {self.centre[i].tolist()} and {self.centre[j].tolist()}",
                    expected="disjoint obstacles",
                    advice="replace them by one that holds both, or lower the margin",
                )
            for index in (i, j):
                room = 1 + SHARE * (touching - 1)
                self.reach[index] = min(float(self.reach[index]), room)

    def _common_growth(self, i: int, j: int) -> float:
        """Return the factor by which obstacles i and j can grow until they touch."""

        def gauges(x: Array) -> tuple[Array, Array]:
            _, gauge, slope = self.gauge(torch.tensor(x[None, :-1]))
            return gauge[0, [i, j]].numpy(), slope[0, [i, j]].numpy()

        middle = ((self.centre[i] + self.centre[j]) / 2).numpy()
        found = minimize(
            lambda x: x[-1],
            np.append(middle, gauges(np.append(middle, 0.0))[0].max()),
            jac=lambda x: np.eye(len(x))[-1],
            method="SLSQP",
            constraints={
                "type": "ineq",
                "fun": lambda x: x[-1] - gauges(x)[0],
                "jac": lambda x: np.column_stack([-gauges(x)[1], np.ones(2)]),
            },
        )
        return float(gauges(found.x)[0].max())

    def gauge(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute ``x - p`` [N, n, k], Gamma [N, n] and its gradient [N, n, k] of points [N, k]."""
        offset = x.unsqueeze(1) - self.centre
        q = torch.matmul(offset.unsqueeze(2), self.rotation).squeeze(2) / self.semi_axes
        power = self.power.unsqueeze(1)
        largest = q.abs().amax(dim=2, keepdim=True).clamp(min=1e-12)
        ratio = q.abs() / largest
        gauge = largest * ratio.pow(power).sum(dim=2, keepdim=True).pow(1 / power)
        gauge = gauge.clamp(min=1e-12)
        slope = torch.sign(q) * (q.abs() / gauge).pow(power - 1) / self.semi_axes
        slope = torch.matmul(self.rotation, slope.unsqueeze(3)).squeeze(3)
        return offset, gauge.squeeze(2), slope

    @torch.jit.export
    def hold(self, point: Tensor) -> Tensor:
        """Return whether each obstacle, with its margin, holds a point [d]: [n]."""
        return self.gauge(point[: self.k].unsqueeze(0))[1][0] <= 1

    def zones(self, goal: Tensor) -> Tensor:
        """Return ``o`` [n], the Gamma up to which each obstacle acts, for a goal [d]."""
        room = 1 + self.share * (self.gauge(goal[: self.k].unsqueeze(0))[1][0] - 1)
        return torch.minimum(self.reach, room)

    @torch.jit.export
    def encode(self, x: Tensor, goal: Tensor) -> Tensor:
        """Compute ``y = psi(x)`` [N, d] of points [N, d], lifted first if inside an obstacle."""
        offset, gauge = self.gauge(x[:, : self.k])[:2]
        lift = self._lift(gauge)
        h = self._profile(gauge * lift, self.zones(goal))[0]
        return self._moved(x, (h * lift - 1).unsqueeze(2) * offset)

    @torch.jit.export
    def decode(self, y: Tensor, goal: Tensor) -> Tensor:
        """Compute ``x = psi^-1(y)`` [N, d], outside all obstacles for whatever ``y`` [N, d]."""
        offset, gauge = self.gauge(y[:, : self.k])[:2]
        # The centre itself is the image of no point: any direction from it will do.
        any_way = self.nearest * self.rotation[:, :, 0] * self.semi_axes[:, :1]
        offset = torch.where((gauge < self.nearest).unsqueeze(2), any_way, offset)
        gauge = gauge.clamp(min=self.nearest)
        growth = self._opened(gauge, self.zones(goal)) / gauge
        return self._moved(y, (growth - 1).unsqueeze(2) * offset)

    @torch.jit.export
    def slowness(self, y: Tensor, goal: Tensor) -> Tensor:
        """Compute h [N, 1] where ``y = psi(x)`` [N, d]: 1 outside all zones, 0 on a surface."""
        gauge = self.gauge(y[:, : self.k])[1]
        return (gauge / self._opened(gauge, self.zones(goal))).prod(dim=1, keepdim=True)

    @torch.jit.export
    def pull_back(self, x: Tensor, v: Tensor, goal: Tensor, escape: Tensor) -> Tensor:
        """Compute ``h Dpsi^-1 v`` [N, d] at points ``x`` [N, d] with ``v = F(psi(x))`` [N, d].

        Inside an obstacle (a push can do that) it is the velocity at the lifted point, plus
        ``escape`` in 1/s times the way to it.
        """
        offset, gauge, slope = self.gauge(x[:, : self.k])
        lift = self._lift(gauge)
        h, bend = self._profile(gauge * lift, self.zones(goal))
        inward = (slope * v[:, : self.k].unsqueeze(1)).sum(dim=2)
        changes = (escape * (lift - 1) - bend * inward / gauge).unsqueeze(2) * offset
        rest = v[:, self.k :] * h.prod(dim=1, keepdim=True)
        return torch.cat([v[:, : self.k] + changes.sum(dim=1), rest], dim=1)

    def _profile(self, gauge: Tensor, zones: Tensor) -> tuple[Tensor, Tensor]:
        """Compute h and b at Gamma [N, n]."""
        width = zones - 1
        u = ((zones - gauge) / width).clamp(0.0, 1.0)
        cube, slope = u * u * u / gauge, 3 * u * u / width
        return 1 - cube, (slope + cube) / (1 + slope)

    def _opened(self, gauge: Tensor, zones: Tensor) -> Tensor:
        """Solve ``Gamma(psi(x)) = gauge`` [N, n] for Gamma(x): Cardano for ``u^3 + (o-1) u``."""
        width = zones - 1
        root = (width / 3).sqrt()
        rest = (zones - gauge).clamp(min=0.0)
        u = 2 * root * torch.sinh(torch.asinh(rest / (2 * root * root * root)) / 3)
        return gauge + u * u * u

    def _lift(self, gauge: Tensor) -> Tensor:
        return torch.where(gauge < 1, (1 + self.lift) / gauge, torch.ones_like(gauge))

    def _moved(self, x: Tensor, changes: Tensor) -> Tensor:
        """Return ``x`` [N, d] with its first k coordinates changed by each of [N, n, k]."""
        return torch.cat([x[:, : self.k] + changes.sum(dim=1), x[:, self.k :]], dim=1)
