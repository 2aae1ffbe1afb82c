"""What training minimises: distances between demonstrated and generated positions."""

from __future__ import annotations

import torch
from torch import Tensor

from ..fields import LatentField
from ..flows import TangentFlow
from .data import TrainingData
from .settings import TrainingSettings

#: Below this distance (in unit scale) the square root of the loss turns into a parabola.
SOFTNESS = 1e-2
#: A start pushed by a fifth of the unit scale counts half: what is shown goes before what is
#: asked beside it.
PUSH_DISCOUNT = 5.0


def closed_form_loss(
    flow: TangentFlow,
    field: LatentField,
    data: TrainingData,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """Loss of the field's linear part, whose trajectories are ``exp(-rates t) e0``.

    Each start is judged at random later samples of its demonstration, to its very end, at the
    cost of one decoding: no integration, no Jacobian.
    """
    samples = data.positions.shape[1]
    demo, index, push = data.draw_starts(settings.batch, samples - 6, settings.push, generator)
    rest = (samples - 1 - index).unsqueeze(1)
    ahead = torch.rand(settings.batch, settings.targets, generator=generator) * (rest + 1)
    ahead = torch.minimum(ahead.long(), rest)
    offset, goal = _latent_offsets(flow, data.positions[demo, index] + push)
    decay = torch.exp(-field.linear_rates() * (data.step * ahead).unsqueeze(-1))
    generated = _decoded(flow, goal + offset.unsqueeze(1) * decay)
    return _position_loss(generated, _targets(data, settings, demo, index, ahead, push), push)


def shooting_loss(
    flow: TangentFlow,
    field: LatentField,
    data: TrainingData,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """Loss of the whole field, integrated over ``settings.window`` samples (midpoint rule)."""
    samples = data.positions.shape[1]
    window = min(settings.window, samples - 2)
    demo, index, push = data.draw_starts(
        settings.batch, samples - 1 - window, settings.push, generator
    )
    ahead = torch.arange(1, window + 1).expand(settings.batch, window)
    offset, goal = _latent_offsets(flow, data.positions[demo, index] + push)
    trail = []
    for _ in range(window):
        middle = offset + 0.5 * data.step * field(offset)
        offset = offset + data.step * field(middle)
        trail.append(offset)
    generated = _decoded(flow, goal + torch.stack(trail, dim=1))
    return _position_loss(generated, _targets(data, settings, demo, index, ahead, push), push)


def _targets(
    data: TrainingData,
    settings: TrainingSettings,
    demo: Tensor,
    index: Tensor,
    ahead: Tensor,
    push: Tensor,
) -> Tensor:
    """Where starts [B] should be ``ahead`` [B, M] samples later, [B, M, d].

    A push fades evenly over the rest of the motion, as the differences between people's own
    starts do, and at ``settings.return_rate`` on top of that.
    """
    rest = (data.positions.shape[1] - 1 - index).unsqueeze(1)
    fade = (1 - ahead / rest) * torch.exp(-settings.return_rate * data.step * ahead)
    shown = data.positions[demo.unsqueeze(1), index.unsqueeze(1) + ahead]
    return shown + push.unsqueeze(1) * fade.unsqueeze(-1)


def _latent_offsets(flow: TangentFlow, start: Tensor) -> tuple[Tensor, Tensor]:
    """Starts [B, d] as offsets [B, d] from the latent goal, and the latent goal [d]."""
    z = flow.inverse(torch.cat([start, torch.zeros_like(start[:1])]))[0]
    return z[:-1] - z[-1], z[-1]


def _decoded(flow: TangentFlow, z: Tensor) -> Tensor:
    return flow(z.flatten(0, 1))[0].view_as(z)


def _position_loss(generated: Tensor, target: Tensor, push: Tensor) -> Tensor:
    """Mean distance plus mean squared distance of positions [B, M, d], pushes discounted.

    The distance keeps pulling where a square has long gone flat, the square stops outliers.
    """
    squared = ((generated - target) ** 2).sum(dim=-1)
    weight = 1 / (1 + PUSH_DISCOUNT * push.norm(dim=1, keepdim=True))
    return (weight * (torch.sqrt(squared + SOFTNESS**2) + squared)).mean()
