"""The motion policy: scaling, flow and field as one vector field on positions."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from .errors import ParameterError, ShapeError
from .fields import LatentField
from .flows import TangentFlow
from .metadata import PolicyMetadata
from .rollout import rollout


class MotionPolicy(nn.Module):
    """A first-order policy: position in, velocity out, contracting towards the goal.

    With ``y = (x - goal) / scale``, ``z = phi(y)`` and ``z* = phi(0)``::

        xdot = scale / duration * D(phi^-1)(z) f(z - z*)

    Moving the goal translates the field, which keeps its guarantee. Tensors and TorchScript
    use `forward`, `encode`, `decode`, `latent_velocity`, `set_goal`, `get_goal`; `velocity` and
    `rollout` are the same for numpy arrays.

    Parameters
    ----------
    flow : the diffeomorphism phi^-1 (latent to data), on coordinates of unit scale.
    field : the contracting field, in units of the demonstrated duration.
    scale : length of the demonstrations' unit scale, in their own units; for poses one [6] for
        each coordinate.
    metadata : what is known of the demonstrations; gives the goal [d] and the duration in s.
    """

    def __init__(
        self,
        flow: TangentFlow,
        field: LatentField,
        *,
        scale: float | NDArray[np.float64],
        metadata: PolicyMetadata,
    ) -> None:
        super().__init__()
        self.flow = flow
        self.field = field
        self.metadata = metadata
        self.dimension: int = metadata.dimension
        weight = next(flow.parameters())
        self.goal: Tensor
        self.scale: Tensor
        self.time_scale: Tensor
        self.latent_goal: Tensor
        self.register_buffer("goal", torch.tensor(metadata.goal).to(weight))
        self.register_buffer("scale", torch.tensor(scale).to(weight))
        self.register_buffer("time_scale", torch.tensor(float(metadata.duration)).to(weight))
        self.register_buffer("latent_goal", torch.zeros(1, self.dimension).to(weight))
        self.fix_latent_goal()

    @torch.no_grad()
    def fix_latent_goal(self) -> None:
        """Recompute ``z* = phi(0)``; due after every change of the flow's weights."""
        self.latent_goal.copy_(self.flow.encode(torch.zeros_like(self.latent_goal))[0])

    def forward(self, x: Tensor) -> Tensor:
        """Return velocity [N, d] in units per s at positions ``x`` [N, d], N >= 0."""
        y = (x.to(self.goal.dtype) - self.goal) / self.scale
        z, tape = self.flow.encode(y)
        dy = self.flow.pushforward(tape, self.field(z - self.latent_goal))
        return dy * (self.scale / self.time_scale)

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        """Return positions [N, d] to latent points ``z`` [N, d]."""
        return self.flow.encode((x.to(self.goal.dtype) - self.goal) / self.scale)[0]

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        """Return latent points [N, d] to positions [N, d]."""
        return self.flow.decode(z.to(self.goal.dtype)) * self.scale + self.goal

    @torch.jit.export
    def latent_velocity(self, z: Tensor) -> Tensor:
        """Return velocity [N, d] per s of latent points ``z`` [N, d]."""
        return self.field(z.to(self.goal.dtype) - self.latent_goal) / self.time_scale

    @torch.jit.export
    def set_goal(self, goal: Tensor) -> None:
        """Move the goal to ``goal`` [d]; the whole field moves with it."""
        self.goal.copy_(goal.to(self.goal.dtype).view(-1))

    @torch.jit.export
    def get_goal(self) -> Tensor:
        """Return the goal [d]."""
        return self.goal.clone()

    @torch.jit.ignore
    def velocity(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return velocity in units per s at one position [d] or many [N, d], as a numpy array.

        Raises
        ------
        ShapeError
            If the last axis is not d.
        """
        x = check_positions(x, self.dimension)
        with torch.no_grad():
            v = self(torch.tensor(np.atleast_2d(x)))
        return v.numpy().astype(np.float64).reshape(x.shape)

    @torch.jit.ignore
    def rollout(
        self, x0: ArrayLike, duration: float, dt: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Follow the field from ``x0`` [d] or [N, d] for ``duration`` s, a sample each ``dt`` s.

        Returns
        -------
        time : [K] in s, from 0 to ``duration``.
        positions : [K, d] or [K, N, d].
        """
        x0 = check_positions(x0, self.dimension)
        time = sample_times(duration, dt)
        return time, rollout(self, x0, time)


def check_positions(x: ArrayLike, dimension: int) -> NDArray[np.float64]:
    """Return ``x`` as float64 [d] or [N, d], or a ShapeError."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim not in (1, 2) or x.shape[-1] != dimension:
        raise ShapeError(
            "positions do not fit the policy",
            got=f"shape {list(x.shape)}",
            expected=f"[{dimension}] or [N, {dimension}]",
        )
    return x


def sample_times(duration: float, dt: float) -> NDArray[np.float64]:
    """Return 0, dt, 2 dt, ... and ``duration`` itself, in s."""
    if not (np.isfinite(duration) and duration >= 0 and np.isfinite(dt) and dt > 0):
        raise ParameterError(
            "a rollout's times are out of range",
            got=f"duration {duration}, dt {dt}",
            expected="duration >= 0 s and dt > 0 s",
        )
    return np.minimum(np.arange(int(np.ceil(duration / dt - 1e-9)) + 1) * dt, duration)
