"""Losses of training: distances between demonstrated and generated positions."""

from __future__ import annotations

import torch
from torch import Tensor

from ..fields import LatentField
from ..flows import TangentFlow
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
    demo, index, push = data.draw_starts(settings.batch, samples - 6, settings.push, generator)
    rest = (samples - 1 - index).unsqueeze(1)
    ahead = torch.rand(settings.batch, settings.targets, generator=generator) * (rest + 1)
    ahead = torch.minimum(ahead.long(), rest)
    start = data.positions[demo, index] + push
    offset, goal = _latent_offsets(flow, start)
    decay = torch.exp(-field.linear_rates() * (data.step * ahead).unsqueeze(-1))
    generated = _decoded(flow, goal + offset.unsqueeze(1) * decay)
    return _position_loss(generated, _targets(data, settings, start, index, ahead))


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
    demo, index, push = data.draw_starts(
        settings.batch, samples - 1 - steps * STRIDE, settings.push, generator
    )
    ahead = STRIDE * torch.arange(1, steps + 1).expand(settings.batch, steps)
    start = data.positions[demo, index] + push
    offset, goal = _latent_offsets(flow, start)
    dt, trail = STRIDE * data.step, []
    for _ in range(steps):
        middle = offset + 0.5 * dt * field(offset)
        offset = offset + dt * field(middle)
        trail.append(offset)
    generated = _decoded(flow, goal + torch.stack(trail, dim=1))
    return _position_loss(generated, _targets(data, settings, start, index, ahead))


def _targets(
    data: TrainingData, settings: TrainingSettings, start: Tensor, index: Tensor, ahead: Tensor
) -> Tensor:
    """Return where starts [B, d] at samples ``index`` [B] are due ``ahead`` [B, M] later [B, M, d].

    A start follows the demonstrations that are nearest to it at its phase, in their mean with
    Gaussian weights (Nadaraya and Watson's kernel regression). What it is off that mean fades
    evenly over the rest of the motion, and at ``settings.return_rate`` on top of that.
    """
    here = data.positions[:, index]
    apart = ((start - here) / (REACH * data.spread[index].unsqueeze(-1))).square().sum(dim=-1)
    weight = torch.softmax(-0.5 * apart, dim=0)
    shown = torch.einsum("nb,nbmd->bmd", weight, data.positions[:, index.unsqueeze(1) + ahead])
    off = start - torch.einsum("nb,nbd->bd", weight, here)
    rest = (data.positions.shape[1] - 1 - index).unsqueeze(1)
    fade = (1 - ahead / rest) * torch.exp(-settings.return_rate * data.step * ahead)
    return shown + off.unsqueeze(1) * fade.unsqueeze(-1)


def _latent_offsets(flow: TangentFlow, start: Tensor) -> tuple[Tensor, Tensor]:
    """Return starts [B, d] as offsets [B, d] from the latent goal, and the latent goal [d]."""
    z = flow.inverse(torch.cat([start, torch.zeros_like(start[:1])]))[0]
    return z[:-1] - z[-1], z[-1]


def _decoded(flow: TangentFlow, z: Tensor) -> Tensor:
    return flow.decode(z.flatten(0, 1)).view_as(z)


def _position_loss(generated: Tensor, target: Tensor) -> Tensor:
    """Return the mean distance plus mean squared distance of positions [B, M, d].

    The distance keeps pulling where a square has long gone flat, the square stops outliers.
    """
    squared = ((generated - target) ** 2).sum(dim=-1)
    return (torch.sqrt(squared + SOFTNESS**2) + squared).mean()
