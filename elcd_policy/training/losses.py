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


def position_loss(generated: Tensor, target: Tensor) -> Tensor:
    """Mean distance plus mean squared distance of positions [..., d].

    The distance keeps pulling where a square has long gone flat, the square stops outliers.
    """
    squared = ((generated - target) ** 2).sum(dim=-1)
    return torch.sqrt(squared + SOFTNESS**2).mean() + squared.mean()


def closed_form_loss(
    flow: TangentFlow,
    field: LatentField,
    data: TrainingData,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """Loss of the field's linear part, whose trajectories are ``exp(-rates t) e0``.

    Each start is judged at random later samples of its demonstration, to its very end, at the
    cost of one decoding: no integration, no Jacobian. Where a start is pushed, the push fades
    from its targets at ``settings.return_rate``.
    """
    samples, d = data.positions.shape[1:]
    demo, index, push = data.draw_starts(settings.batch, samples - 6, settings.push, generator)
    rest = (samples - 1 - index).unsqueeze(1)
    ahead = torch.rand(settings.batch, settings.targets, generator=generator) * (rest + 1)
    ahead = torch.minimum(ahead.long(), rest)
    time = (ahead * data.steps[demo].unsqueeze(1)).unsqueeze(-1)
    target = data.positions[demo.unsqueeze(1), index.unsqueeze(1) + ahead]
    target = target + push.unsqueeze(1) * torch.exp(-settings.return_rate * time)

    start = torch.cat([data.positions[demo, index] + push, torch.zeros(1, d)])
    z = flow.inverse(start)[0]
    goal = z[-1]
    offset = (z[:-1] - goal).unsqueeze(1) * torch.exp(-field.linear_rates() * time)
    generated = flow((goal + offset).view(-1, d))[0]
    return position_loss(generated.view_as(target), target)


def shooting_loss(
    flow: TangentFlow,
    field: LatentField,
    data: TrainingData,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """Loss of the whole field, integrated over ``settings.window`` samples (midpoint rule)."""
    samples, d = data.positions.shape[1:]
    window = min(settings.window, samples - 2)
    demo, index, push = data.draw_starts(
        settings.batch, samples - 1 - window, settings.push, generator
    )
    ahead = torch.arange(1, window + 1)
    step = data.steps[demo].unsqueeze(1)
    target = data.positions[demo.unsqueeze(1), index.unsqueeze(1) + ahead]
    fade = torch.exp(-settings.return_rate * step * ahead).unsqueeze(-1)
    target = target + push.unsqueeze(1) * fade

    start = torch.cat([data.positions[demo, index] + push, torch.zeros(1, d)])
    z = flow.inverse(start)[0]
    goal = z[-1]
    offset = z[:-1] - goal
    trail = []
    for _ in range(window):
        middle = offset + 0.5 * step * field(offset)
        offset = offset + step * field(middle)
        trail.append(offset)
    generated = flow((goal + torch.stack(trail, dim=1)).view(-1, d))[0]
    return position_loss(generated.view_as(target), target)
