"""The certificate of a policy that keeps clear of obstacles: what is left, and checked."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..formats import LoadedPolicy, serve_policy
from ..formats.archive import weights_hash
from ..obstacles import KIND, AvoidingPolicy, ObstacleMap
from .checks import CONSISTENT, ROUND_TRIP
from .construction import ROUNDING
from .exact import ExactPolicy, jacobian, times
from .points import demonstrated_points, make_generator, workspace_points, workspace_size
from .types import NOT_CERTIFIED, Certificate, Check, Effect

METRIC = "(J_phi(psi(x)) Dpsi(x))^T (J_phi(psi(x)) Dpsi(x)) outside the obstacles"
#: Gauges of the points around each obstacle; the metric degenerates at a surface, Gamma = 1.
RINGS = (1.02, 1.05, 1.1, 1.2, 1.4, 1.8)
DIRECTIONS = 128


def learned_policy(policy: LoadedPolicy) -> LoadedPolicy | None:
    """Return the policy behind the obstacles' map; None if it is not made as `avoid` makes it."""
    rebuilt: Any = policy.rebuilt
    if type(rebuilt) is not AvoidingPolicy or type(rebuilt.obstacles) is not ObstacleMap:
        return None
    kept = {
        key: value
        for key, value in policy.metadata.guarantee.items()
        if key not in ("obstacles", "margin", "learned_kind")
    }
    facts = replace(
        policy.metadata,
        guarantee={**kept, "kind": policy.metadata.guarantee.get("learned_kind")},
        certificate=None,
    )
    return serve_policy(rebuilt.policy, facts)


def around_obstacles(policy: LoadedPolicy, learned: Certificate | None) -> Certificate:
    """Certify what the learned policy keeps around obstacles, with checks of its own.

    Parameters
    ----------
    policy : made by `avoid`.
    learned : the certificate of the policy behind the obstacles' map, if it has one.

    Returns
    -------
    A certificate without a verdict yet: its reasons decide it.
    """
    if learned is None:
        return _foreign(policy)
    certificate = replace(
        learned,
        verdict=NOT_CERTIFIED,
        reasons=[f"without obstacles: {reason}" for reason in learned.reasons],
        weights_hash=weights_hash(policy.module.state_dict()),
        kind=KIND,
        metric=METRIC,
        bounds=None,
        effects=[],
    )
    if policy.metadata.guarantee.get("kind") != KIND:
        certificate.reasons.append(
            f"it claims {policy.metadata.guarantee.get('kind')}; around obstacles it has {KIND}"
        )
    if certificate.reasons:
        return certificate
    exact = ExactPolicy(policy)
    bodies: Any = exact.module.obstacles
    free, surface = _points(exact, bodies)
    points = {**learned.points, "around obstacles": len(free), "on their surfaces": len(surface)}
    rings = _ring_checks(exact, bodies, free, learned.rate)
    checks = [*rings, _surface_check(exact, bodies, free, surface)]
    failures = [
        f"{check.name} is {check.value:.3g}, at most {check.limit:.3g} {check.unit}".strip()
        for check in checks
        if not check.passed
    ]
    return replace(
        certificate,
        points=points,
        checks=[*learned.checks, *checks],
        reasons=failures,
        effects=_effects(exact, bodies, learned),
    )


def _foreign(policy: LoadedPolicy) -> Certificate:
    facts = policy.metadata
    rate = float(facts.guarantee.get("rate", math.nan))
    return Certificate(
        verdict=NOT_CERTIFIED,
        reasons=["its obstacles are not put before a policy as `elcd.avoid` does"],
        weights_hash=weights_hash(policy.module.state_dict()),
        field="unknown",
        flow="unknown",
        kind=str(facts.guarantee.get("kind")),
        metric=METRIC,
        rate=rate,
        rate_times_duration=rate * facts.duration,
        units=facts.units,
    )


def _points(exact: ExactPolicy, bodies: Any) -> tuple[Tensor, Tensor]:
    """Return free points [N, d] around the obstacles, and points [M, d] on their surfaces."""
    generator, d, k = make_generator(), exact.dimension, int(bodies.k)
    near = workspace_points(exact.facts, generator)["workspace"]
    rings: list[Tensor] = []
    surfaces: list[Tensor] = []
    for index, centre in enumerate(bodies.centre):
        way = torch.randn(DIRECTIONS, k, generator=generator, dtype=torch.float64)
        way = way / bodies.gauge(centre + way)[1][:, index : index + 1]
        for gauge in (1.0, *RINGS):
            x = near[torch.randint(len(near), (DIRECTIONS,), generator=generator)].clone()
            x[:, :k] = centre + gauge * way
            (rings if gauge > 1 else surfaces).append(x.view(-1, d))
    free = torch.cat([*rings, near])
    return free[_free(bodies, free, RINGS[0] - 1e-9)], torch.cat(surfaces)


def _free(bodies: Any, x: Tensor, gauge: float) -> Tensor:
    outside: Tensor = (bodies.gauge(x[:, : int(bodies.k)])[1] >= gauge).all(dim=1)
    return outside


def _ring_checks(exact: ExactPolicy, bodies: Any, x: Tensor, rate: float) -> list[Check]:
    """Check that the file does as the learned field, slowed down by h, at free points [N, d]."""
    units, size = exact.facts.units, workspace_size(exact.facts)
    with torch.no_grad():
        z, goal = exact.encode(x), exact.goal[0]
        h = bodies.slowness(bodies.encode(x, goal), goal)
        back = float((exact.decode(z) - x).norm(dim=1).max())
        latent, velocity = exact.latent_velocity(z), exact.velocity(x)
    e = z - exact.latent_goal
    pushed = times(jacobian(exact.encode, x), velocity)
    growth = float(((e * pushed).sum(dim=1) / (h[:, 0] * (e * e).sum(dim=1))).max())
    apart = float(((pushed - latent).norm(dim=1) / latent.norm(dim=1)).max())
    slowed = "around obstacles: (z-z*).J(x) forward(x) / (h |z-z*|^2) + c"
    image = "around obstacles: |J(x) forward(x) - h f(z)| / |h f(z)|"
    round_trip = "around obstacles: |psi^-1(phi^-1(phi(psi(x)))) - x|"
    return [
        Check(slowed, growth + rate, ROUNDING * rate, "1/s"),
        Check(image, apart, CONSISTENT),
        Check(round_trip, back, ROUND_TRIP * size, units),
    ]


def _surface_check(exact: ExactPolicy, bodies: Any, free: Tensor, surface: Tensor) -> Check:
    """Check that on a surface the velocity has no part that leads through it."""
    k = int(bodies.k)
    _, gauge, slope = bodies.gauge(surface[:, :k])
    normal = slope[torch.arange(len(surface)), gauge.argmin(dim=1)]
    normal = normal / normal.norm(dim=1, keepdim=True)
    # A hair outside: what is inside by a rounding is led out on purpose.
    with torch.no_grad():
        outside = surface.clone()
        outside[:, :k] += 1e-9 * workspace_size(exact.facts) * normal
        through = (exact.velocity(outside)[:, :k] * normal).sum(dim=1).abs().max()
        fastest = exact.velocity(free).norm(dim=1).max()
    name = "on a surface: |normal . forward(x)| / largest speed"
    return Check(name, float(through / fastest), CONSISTENT)


def _effects(exact: ExactPolicy, bodies: Any, learned: Certificate) -> list[Effect]:
    starts = torch.tensor(exact.facts.starts, dtype=torch.float64).view(-1, exact.dimension)
    goal = exact.goal[0]
    starts = starts[_free(bodies, starts, 1.0)]
    conditioning = ""
    if len(starts):
        slopes = jacobian(lambda x: bodies.encode(x, goal), demonstrated_points(exact, starts))
        condition = torch.linalg.cond(slopes)
        conditioning = (
            f"; along the motions from the demonstrated starts Dpsi has a condition number of "
            f"at most {float(condition.max()):.3g}, median {float(condition.median()):.3g}"
        )
    at_once = [each for each in learned.effects if each.of in ("speed scale k > 0", "placement")]
    return [
        Effect(
            f"{len(bodies.centre)} static obstacles",
            "no trajectory enters one; convergence to the goal from all starts outside but a set "
            f"of measure zero, which ends on an obstacle's front: h times {learned.rate:.3g} 1/s "
            f"or more, h = 1 beyond their zones, 0 on a surface{conditioning}",
            "a single rate, contraction of pairs, and the overshoot bound",
        ),
        *at_once,
        Effect("translated goal", "all, for goals outside the obstacles, which stay", "nothing"),
        Effect("speed limit v", "the paths, and so convergence", "part of the rate"),
        Effect(
            "acceleration limit, workspace box, moving goal, velocity error of the arm",
            "nothing that this certificate states",
            "everything while they act; an arm that can't follow may be carried inside",
        ),
    ]
