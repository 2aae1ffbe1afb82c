"""Rollouts of a policy: integrated in latent space, mapped back once."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .utils.threads import one_thread

#: Latent dynamics are smooth on the scale of the demonstrated duration; Runge-Kutta steps of
#: a 150th of it leave an error far below a float32 policy's own.
STEPS_PER_DURATION = 150


class LatentDynamics(Protocol):
    """The part of a policy that a rollout needs, eager or exported."""

    time_scale: Tensor

    def encode(self, x: Tensor) -> Tensor: ...

    def decode(self, z: Tensor) -> Tensor: ...

    def latent_velocity(self, z: Tensor) -> Tensor: ...


@one_thread()
@torch.no_grad()
def rollout(
    policy: LatentDynamics, x0: NDArray[np.float64], time: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Integrate trajectories from ``x0``; return positions at ``time`` [K] (s, increasing from 0).

    The latent field is integrated by the classical Runge-Kutta method and decoded once; no
    Jacobian of the flow is needed on the way.

    Parameters
    ----------
    policy : see `LatentDynamics`.
    x0 : [d] or [N, d].
    time : [K].

    Returns
    -------
    [K, d] or [K, N, d].
    """
    z = policy.encode(torch.tensor(np.atleast_2d(x0)))
    longest = float(policy.time_scale) / STEPS_PER_DURATION
    points = [z]
    for interval in np.diff(time):
        steps = max(1, int(np.ceil(interval / longest - 1e-9)))
        for _ in range(steps):
            z = runge_kutta_step(policy, z, float(interval) / steps)
        points.append(z)
    stacked = torch.stack(points)
    x = policy.decode(stacked.flatten(0, 1)).view_as(stacked)
    return x.numpy().astype(np.float64).reshape(len(time), *x0.shape)


def runge_kutta_step(policy: LatentDynamics, z: Tensor, h: float) -> Tensor:
    """Take one classical fourth-order step of ``h`` s in latent space."""
    k1 = policy.latent_velocity(z)
    k2 = policy.latent_velocity(z + h / 2 * k1)
    k3 = policy.latent_velocity(z + h / 2 * k2)
    k4 = policy.latent_velocity(z + h * k3)
    return z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
