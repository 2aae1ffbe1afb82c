"""Losses of training: distances between demonstrated and generated positions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..fields import LatentField
from ..flows import TangentFlow
from .calm import INSTANT, ball_loss, draw_ball, draw_far_starts, far_loss, haste_loss
from .data import TrainingData
from .settings import TrainingSettings

#: Below this distance (in unit scale) the square root of the loss turns into a parabola.
SOFTNESS = 1e-2
#: How far beside a demonstration a start still follows that one alone, in mean distances of the
#: demonstrations from their mean at that phase.
REACH = 0.35
#: Samples that one step of the integration passes.
STRIDE = 2


def closed_form_loss(
    flow: TangentFlow,
    field: LatentField,
    data: TrainingData,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """Compute the loss of the field's linear part, whose trajectories are ``exp(-rates t) e0``.

    Each start is judged at random later samples of its demonstration, to its very end, at the
    cost of one decoding: no integration, no Jacobian.
    """
    samples = data.positions.shape[1]
    start, index = _starts(data, samples - 6, settings, generator)
    rest = (samples - 1 - index).unsqueeze(1)
    ahead = torch.rand(len(start), settings.targets, generator=generator) * (rest + 1)
    ahead = torch.minimum(ahead.long(), rest)
    latent = _Latent.of(flow, start, data)
    decay = torch.exp(-field.linear_rates() * (data.step * ahead).unsqueeze(-1))
    trail = latent.offset.unsqueeze(1) * decay
    ball = latent.ball(field, INSTANT * data.step, settings.ball, generator)
    generated, here, soon = latent.decoded(flow, trail, *ball)
    loss = _start_loss(generated, start, index, ahead, data, settings)
    return loss + settings.ball_weight * ball_loss(here, soon, data)


def shooting_loss(
    flow: TangentFlow,
    field: LatentField,
    data: TrainingData,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """Compute the loss of the whole field over ``settings.window`` samples (midpoint rule)."""
    samples = data.positions.shape[1]
    steps = max(1, min(settings.window, samples - 2) // STRIDE)
    start, index = _starts(data, samples - 1 - steps * STRIDE, settings, generator)
    ahead = STRIDE * torch.arange(1, steps + 1).expand(len(start), steps)
    latent = _Latent.of(flow, start, data)
    dt, trail, offset = STRIDE * data.step, [], latent.offset
    for _ in range(steps):
        middle = offset + 0.5 * dt * field(offset)
        offset = offset + dt * field(middle)
        trail.append(offset)
    ball = latent.ball(field, INSTANT * data.step, settings.ball, generator)
    generated, here, soon = latent.decoded(flow, torch.stack(trail, dim=1), *ball)
    loss = _start_loss(generated, start, index, ahead, data, settings)
    path = torch.cat([start.unsqueeze(1), generated], dim=1)[settings.batch :]
    loss = loss + settings.calm_weight * haste_loss(path, dt, data)
    return loss + settings.ball_weight * ball_loss(here, soon, data)


def _starts(
    data: TrainingData, last: int, settings: TrainingSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Starts [B + F, d], on and beside demonstrations, then far from them, at samples [B + F]."""
    demo, index, push = data.draw_starts(settings.batch, last, settings.push, generator)
    far, joined = draw_far_starts(data, settings.far, last, settings.far_reach, generator)
    return torch.cat([data.positions[demo, index] + push, far]), torch.cat([index, joined])


@dataclass
class _Latent:
    """Starts [B, d] as offsets [B, d] from the latent goal [d].

    ``radius`` is that of the latent ball through the farthest demonstrated start.
    """

    offset: Tensor
    goal: Tensor
    radius: Tensor

    @classmethod
    def of(cls, flow: TangentFlow, start: Tensor, data: TrainingData) -> _Latent:
        first = data.positions[:, 0]
        z = flow.inverse(torch.cat([start, first, torch.zeros_like(start[:1])]))[0]
        offset = z[:-1] - z[-1]
        return cls(offset[: len(start)], z[-1], offset[len(start) :].norm(dim=1).max())

    def ball(
        self, field: LatentField, dt: float, count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Random offsets [count, d] of the ball, and where the field takes them in ``dt``."""
        here = draw_ball(self.radius, count, len(self.goal), generator)
        return here, here + dt * field(here)

    def decoded(self, flow: TangentFlow, *offsets: Tensor) -> tuple[Tensor, ...]:
        """Positions of offsets [..., d] each, decoded at once."""
        points = torch.cat([each.reshape(-1, len(self.goal)) for each in offsets])
        x = flow.decode(self.goal + points)
        parts = x.split([each.numel() // len(self.goal) for each in offsets])
        return tuple(part.view_as(each) for part, each in zip(parts, offsets, strict=True))


def _targets(
    data: TrainingData, settings: TrainingSettings, start: Tensor, index: Tensor, ahead: Tensor
) -> Tensor:
    """Return where starts [B, d] at samples ``index`` [B] are due ``ahead`` [B, M] later [B, M, d].

    A start follows the demonstrations that are nearest to it at its phase, in their mean with
    Gaussian weights (Nadaraya and Watson's kernel regression). What it is off that mean fades
    evenly over the rest of the motion, and at ``settings.return_rate`` on top of that, faster
    the farther away it is: a motion beside the path keeps its distance, one from far comes in.
    """
    here = data.positions[:, index]
    apart = ((start - here) / (REACH * data.spread[index].unsqueeze(-1))).square().sum(dim=-1)
    weight = torch.softmax(-0.5 * apart, dim=0)
    shown = torch.einsum("nb,nbmd->bmd", weight, data.positions[:, index.unsqueeze(1) + ahead])
    off = start - torch.einsum("nb,nbd->bd", weight, here)
    rest = (data.positions.shape[1] - 1 - index).unsqueeze(1)
    away = off.norm(dim=1, keepdim=True) / data.diagonal
    rate = settings.return_rate + settings.far_return_rate * away
    fade = (1 - ahead / rest) * torch.exp(-rate * data.step * ahead)
    return shown + off.unsqueeze(1) * fade.unsqueeze(-1)


def _start_loss(
    generated: Tensor,
    start: Tensor,
    index: Tensor,
    ahead: Tensor,
    data: TrainingData,
    settings: TrainingSettings,
) -> Tensor:
    """Return the mean distance plus mean squared distance from the targets [B + F, M, d].

    Of far starts see `far_loss`.

    The distance keeps pulling where a square has long gone flat, the square stops outliers.
    """
    target = _targets(data, settings, start, index, ahead)
    squared = ((generated - target) ** 2).sum(dim=-1)
    distance, near = torch.sqrt(squared + SOFTNESS**2), settings.batch
    far = far_loss(distance[near:], start[near:], index[near:], data)
    return distance[:near].mean() + squared[:near].mean() + settings.far_weight * far
