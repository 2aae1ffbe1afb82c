"""Distances in the certified metric, held against what the certificate says of them.

With ``z = phi(x)`` the distance of two states is ``|z1 - z2|``, that to the goal ``|z - z*|``.
For motions of the field itself, ``d(t) <= exp(-c t) d(0)``. For an arm that follows it with the
velocity error ``v - f(x)``, mapped by ``J = D phi`` to at most w in size,
``d' <= -c d + w``, hence ``d(t) <= exp(-c t) d(0) + (w / c) (1 - exp(-c t))``; for two arms both
errors add up. Two states are only comparable so if the field contracts every pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from elcd_policy import LoadedPolicy
from elcd_policy.certificate.exact import ExactPolicy, jacobian, times
from elcd_policy.utils.threads import one_thread

from .episode_result import EnvelopeCheck, merge_checks

Vector = NDArray[np.float64]

TO_GOAL, EVERY_PAIR = "equilibrium contraction", "contraction of every pair"
STEPS_PER_DURATION = 150  # of the kinematic rollouts
ROUNDING = 1e-9  # relative, of float64


@dataclass(frozen=True, eq=False)
class Trace:
    """A motion in latent coordinates, without disturbance.

    Parameters
    ----------
    time : [K] in s from the episode's start.
    latent : [K, d], ``phi(x) - z*``.
    error : largest size w of the tracking error, mapped by J_phi, 1/s.
    """

    time: Vector
    latent: Vector
    error: float


def has_metric(policy: LoadedPolicy) -> bool:
    """Return true if the policy's certificate bounds distances; around obstacles it does not."""
    return policy.metadata.guarantee["kind"] in (TO_GOAL, EVERY_PAIR)


class CertifiedMetric:
    """The metric of a policy's certificate, in float64 by the file's own methods.

    Parameters
    ----------
    policy : from a file.
    """

    def __init__(self, policy: LoadedPolicy) -> None:
        self._exact = ExactPolicy(policy)
        self.duration = policy.metadata.duration
        self.rate = float(policy.metadata.guarantee["rate"])
        """c, in 1/s."""
        self.pairs = policy.metadata.guarantee["kind"] == EVERY_PAIR
        """True if any two motions approach each other, not only each the goal."""

    @one_thread()
    def trace(self, time: Vector, x: Vector, velocity: Vector, goal: Vector) -> Trace:
        """Return latent coordinates and tracking error of a measured motion.

        Parameters
        ----------
        time : [K] in s.
        x, velocity : [K, d] in the policy's units and units per s.
        goal : [d], where it is meanwhile.
        """
        exact = self._exact
        exact.module.set_goal(torch.tensor(goal))
        at = torch.tensor(x)
        with torch.no_grad():
            latent = exact.encode(at) - exact.latent_goal
            wrong = torch.tensor(velocity) - exact.velocity(at)
        error = times(jacobian(exact.encode, at).detach(), wrong).norm(dim=1)
        return Trace(time, latent.numpy(), float(error.max()))

    @torch.no_grad()
    def decode(self, latent: Vector) -> Vector:
        """Return positions [n, d] of latent coordinates [n, d], the goal where the file has it."""
        exact = self._exact
        exact.module.set_goal(exact.goal[0])
        return exact.decode(torch.tensor(latent) + exact.latent_goal).numpy()

    @one_thread()
    @torch.no_grad()
    def check_rollouts(self, starts: Vector) -> list[EnvelopeCheck]:
        """Check rollouts of the field from ``starts`` [n, d] against ``exp(-c t) d(0)``.

        They are integrated in data space by the classical Runge-Kutta method, for twice the
        demonstrated duration, with two step sizes: where these differ by e, the envelope is
        exceeded only by more than e, the integrator's tolerance.
        """
        exact = self._exact
        exact.module.set_goal(exact.goal[0])
        steps = 2 * STEPS_PER_DURATION
        fine = self._rollout(torch.tensor(starts), 2 * steps)[::2]
        tolerance = np.abs(fine - self._rollout(torch.tensor(starts), steps)).max()
        time = np.linspace(0, 2 * self.duration, steps + 1)
        to_goal = np.linalg.norm(fine, axis=2)
        checks = [self._check("kinematic, to the goal", time, to_goal, 0.0, float(tolerance))]
        if self.pairs:
            first, second = np.triu_indices(len(starts), 1)
            gaps = np.linalg.norm(fine[:, first] - fine[:, second], axis=2)
            gaps = gaps[:, gaps[0] > 0]
            checks.append(self._check("kinematic, pairs", time, gaps, 0.0, 2 * float(tolerance)))
        return checks

    def check_goal_distance(self, traces: Sequence[Trace]) -> EnvelopeCheck:
        """Check measured motions, each against its envelope to the goal."""
        parts = [
            self._check("to the goal", trace.time, _norms(trace.latent), trace.error, 0.0)
            for trace in traces
        ]
        return merge_checks(parts)

    def check_pair(self, one: Trace, other: Trace) -> EnvelopeCheck | None:
        """Check two measured motions against the envelope of their distance.

        From the time on from which both are undisturbed; None if there is no such time. Both
        have been sampled at the same times.
        """
        _, first, second = np.intersect1d(one.time, other.time, return_indices=True)
        if len(first) < 2:
            return None
        gap = _norms(one.latent[first] - other.latent[second])
        return self._check("pairs", one.time[first], gap, one.error + other.error, 0.0)

    def _check(
        self, kind: str, time: Vector, distances: Vector, error: float, tolerance: float
    ) -> EnvelopeCheck:
        """Check distances [K] or [K, n] at times [K] against the envelope from the first one on."""
        distances = distances.reshape(len(time), -1)
        shrunk = np.exp(-self.rate * (time - time[0]))[:, None]
        envelope = shrunk * distances[0] + error / self.rate * (1 - shrunk)
        allowed = envelope * (1 + ROUNDING) + tolerance
        ratio = distances[1:] / np.maximum(envelope[1:], 1e-300)
        return EnvelopeCheck(
            kind=kind,
            count=distances.shape[1],
            within=float((distances <= allowed).all(axis=0).mean()),
            worst=float(ratio.max()),
            final=float(np.median(ratio[-1])),
            tolerance=tolerance,
        )

    def _rollout(self, x: torch.Tensor, steps: int) -> Vector:
        """Roll out ``phi(x(t)) - z*`` [steps + 1, n, d] from ``x`` [n, d]."""
        exact, h = self._exact, 2 * self.duration / steps
        points = [x]
        for _ in range(steps):
            k1 = exact.velocity(x)
            k2 = exact.velocity(x + h / 2 * k1)
            k3 = exact.velocity(x + h / 2 * k2)
            k4 = exact.velocity(x + h * k3)
            x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            points.append(x)
        stacked = torch.stack(points)
        latent = exact.encode(stacked.flatten(0, 1)) - exact.latent_goal
        return latent.view_as(stacked).numpy()


def _norms(vectors: Vector) -> Vector:
    return np.asarray(np.linalg.norm(vectors, axis=1))
