"""A loss for a policy that is to move as another one does, also beside its motions."""

from __future__ import annotations

import torch
from torch import Tensor

from ..policy import MotionPolicy
from ..training import TrainingSettings
from ..training.data import TrainingData

#: Below this distance (in unit scale) the square root of the loss turns into a parabola.
SOFTNESS = 1e-3
#: A start pushed by a hundredth of the unit scale counts half: off its motions a policy need not
#: be kept as exactly as on them.
PUSH_DISCOUNT = 100.0


def imitation_loss(
    policy: MotionPolicy,
    teacher: MotionPolicy,
    data: TrainingData,
    settings: TrainingSettings,
    generator: torch.Generator,
) -> Tensor:
    """Compute the mean distance of both policies' positions over a window from the same starts.

    Parameters
    ----------
    policy, teacher : the one that learns, and the one that it learns from.
    data : motions of the teacher; half of the starts are pushed aside from them.
    settings : ``batch``, ``window`` and ``push`` count.
    """
    last = data.positions.shape[1] - 1 - settings.window
    demo, index, push = data.draw_starts(settings.batch, last, settings.push, generator)
    start = data.positions[demo, index] + push
    with torch.no_grad():
        target = _path(teacher, start, data.step, settings.window)
    squared = ((_path(policy, start, data.step, settings.window) - target) ** 2).sum(dim=-1)
    weight = 1 / (1 + PUSH_DISCOUNT * push.norm(dim=1, keepdim=True))
    return (weight * (torch.sqrt(squared + SOFTNESS**2) + squared)).mean()


def _path(policy: MotionPolicy, start: Tensor, step: float, window: int) -> Tensor:
    """Integrate positions [B, window, d] of unit scale, a ``step`` apart (midpoint rule)."""
    z = policy.flow.inverse(torch.cat([start, torch.zeros_like(start[:1])]))[0]
    goal, offset = z[-1], z[:-1] - z[-1]
    trail = []
    for _ in range(window):
        middle = offset + 0.5 * step * policy.field(offset)
        offset = offset + step * policy.field(middle)
        trail.append(goal + offset)
    path = torch.stack(trail, dim=1)
    return policy.flow(path.flatten(0, 1))[0].view_as(path)
