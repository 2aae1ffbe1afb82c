"""The certificate of a policy: what is guaranteed, what was checked, the verdict."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import torch

from ..fields import LatentField
from ..formats import LoadedPolicy, load, serve_policy
from ..formats.archive import weights_hash
from ..policy import MotionPolicy
from ..utils.threads import one_thread
from .bounds import data_bounds
from .checks import Sample, contraction_checks, goal_checks, invertibility_checks, sample
from .construction import ROUNDING, construction, find_foreign_weights
from .effects import effects
from .exact import ExactPolicy
from .obstacles import around_obstacles, learned_policy
from .points import MOTIONS, ball_offsets, demonstrated_points, make_generator, workspace_points
from .rotations import Rotations, rotations
from .types import CERTIFIED, NOT_CERTIFIED, Certificate, Check

METRIC = "J_phi(x)^T J_phi(x)"


@one_thread()
def certify(policy: LoadedPolicy | MotionPolicy | str | os.PathLike[str]) -> Certificate:
    """State what is guaranteed of a policy, and check it by the policy's own methods.

    The guarantee holds by construction, for whatever weights; the checks, in float64 at some
    thousands of points, hold the policy to it. Both are needed for the verdict "certified". A
    file is not run: what is certified is the module that `load` rebuilds from it and serves. See
    docs/guarantees.md for the mathematics.

    Parameters
    ----------
    policy : a file, what `load` returned, or what `fit` did; it is left as it is, and a goal
        moved since makes no difference.

    Returns
    -------
    The certificate, with the reasons if the verdict is "not certified".

    Raises
    ------
    PolicyFileError
        If the file is missing, damaged, written by something else or by a newer library.
    """
    if isinstance(policy, MotionPolicy):
        policy = serve_policy(policy, policy.metadata)
    elif not isinstance(policy, LoadedPolicy):
        policy = load(policy)
    if policy.avoids_obstacles:
        return _around_obstacles(policy)
    facts, actual = policy.metadata, weights_hash(policy.module.state_dict())
    rate = float(facts.guarantee.get("rate", math.nan))
    made = construction(policy)
    certificate = Certificate(
        verdict=NOT_CERTIFIED,
        reasons=[*find_foreign_weights(policy, actual), *made.doubts],
        weights_hash=actual,
        field=made.field,
        flow=made.flow,
        kind=str(facts.guarantee.get("kind")),
        metric=METRIC,
        rate=rate,
        rate_times_duration=rate * facts.duration,
        units=facts.units,
    )
    broken = [
        name
        for name, value in policy.module.state_dict().items()
        if not bool(torch.isfinite(value).all())
    ]
    if policy.rebuilt is None:
        pass  # its code is not run for a certificate that it can't have
    elif broken:
        certificate.reasons.append(f"weights are not finite: {', '.join(broken)}")
    elif not (0 < rate < math.inf and 0 < facts.duration < math.inf):
        certificate.reasons.append(f"it claims the rate {rate:g} 1/s over {facts.duration:g} s")
    else:
        # Without TorchScript's optimiser, which spends seconds on every new shape.
        with torch.jit.optimized_execution(False):
            try:
                certificate = _check(certificate, policy, made.proved_field)
            except (RuntimeError, torch.jit.Error) as error:
                reason = str(error).strip().splitlines()[-1]
                certificate.reasons.append(f"its methods can't be evaluated: {reason}")
    return replace(certificate, verdict=NOT_CERTIFIED if certificate.reasons else CERTIFIED)


def _around_obstacles(policy: LoadedPolicy) -> Certificate:
    learned = learned_policy(policy)
    with torch.jit.optimized_execution(False):
        certificate = around_obstacles(policy, None if learned is None else certify(learned))
    certificate.reasons.extend(find_foreign_weights(policy, certificate.weights_hash))
    return replace(certificate, verdict=NOT_CERTIFIED if certificate.reasons else CERTIFIED)


def _check(
    certificate: Certificate, policy: LoadedPolicy, field: LatentField | None
) -> Certificate:
    """Return the certificate with its checks, and the reasons that they give."""
    exact, generator = ExactPolicy(policy, lengths=True), make_generator()
    facts, rate, kind = exact.facts, certificate.rate, certificate.kind
    starts = torch.tensor(facts.starts, dtype=torch.float64).view(-1, facts.dimension)
    with torch.no_grad():
        radius = float((exact.encode(starts) - exact.latent_goal).norm(dim=1).max())
        if not 0 < radius < math.inf:
            return _refuse(certificate, "no demonstrated start away from the goal")
        offsets = radius * ball_offsets(facts.dimension, generator)
        regions = workspace_points(facts, generator)
        regions[MOTIONS] = demonstrated_points(exact, starts)
        regions["ball around the goal"] = exact.decode(exact.latent_goal + offsets)
    samples = {name: sample(exact, x) for name, x in regions.items()}
    points = {name: len(at.x) for name, at in samples.items()}
    certificate = replace(certificate, points=points)
    bad = [name for name, at in samples.items() if not at.finite]
    if bad:
        return _refuse(certificate, f"it is not finite in these regions: {', '.join(bad)}")
    everywhere = _join(list(samples.values()))
    checks: list[Check] = [
        *contraction_checks(everywhere, rate, kind, field, facts.duration),
        *invertibility_checks(exact, everywhere),
        *goal_checks(exact, _join([samples["workspace"], samples[MOTIONS]]), policy),
    ]
    turning: list[Rotations] = []
    if facts.orientation is not None:
        shown, poses = regions[MOTIONS], regions["workspace"]
        within = offsets[offsets.norm(dim=1) <= radius * (1 + ROUNDING)]
        turning = [rotations(exact, facts.orientation, shown, poses, within)]
        checks += [each.check for each in turning]
    failures = [
        f"{check.name} is {check.value:.3g}, at most {check.limit:.3g} {check.unit}".strip()
        for check in checks
        if not check.passed
    ]
    certificate = replace(certificate, checks=checks, reasons=[*certificate.reasons, *failures])
    if certificate.reasons:
        return certificate
    bounds = data_bounds(exact, starts, samples[MOTIONS].x, samples["ball around the goal"], rate)
    rows = [*effects(facts, kind, rate, bounds), *(each.effect for each in turning)]
    return replace(certificate, bounds=bounds, effects=rows)


def _refuse(certificate: Certificate, reason: str) -> Certificate:
    return replace(certificate, reasons=[*certificate.reasons, reason])


def _join(samples: list[Sample]) -> Sample:
    return Sample(
        *(torch.cat(values) for values in zip(*(vars(at).values() for at in samples), strict=True))
    )
