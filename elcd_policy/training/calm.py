"""Losses that keep a field calm away from the demonstrations, and small what no motion leaves.

Beside the demonstrations nothing tells a flow where to fold, and it folds in places: motions
from there then swing far out, at many times the demonstrated speed. So training also draws
starts far from the demonstrations, asks for moderate speeds on the way, and looks at points of
the latent ball that a certificate is about.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .data import TrainingData

#: A far start joins a demonstration no later than a straight way to the goal at so many times
#: the peak speed would let it.
PACE = 2.0
#: Speed, in demonstrated peak speeds, from which on a motion costs.
CALM_SPEED = 2.0
#: What a start one diagonal away may be off its target, in diagonals; nearer ones in proportion
#: to the square of their distance.
TOLERANCE = 0.25
#: Speed, in demonstrated peak speeds, from which on the latent ball costs.
BALL_SPEED = 15.0
#: Time, in samples of the demonstrations, over which such a speed is measured.
INSTANT = 0.1
#: Distance from the goal, in the farthest demonstrated one, from which on the latent ball costs.
BALL_REACH = 3.0
#: Weight of the worst point of the latent ball beside their mean.
BALL_WORST = 0.1


def draw_far_starts(
    data: TrainingData, count: int, last: int, reach: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw starts far from the demonstrations: positions [count, d], sample indices [count].

    Their distances from a demonstrated sample are uniform up to ``reach`` diagonals of the
    demonstrated workspace, whatever the dimension: uniform in a box, nearly all would be far
    away in many dimensions. Each start has the phase of the nearest demonstrated sample, up to
    ``last``, that leaves time enough to get to the goal (see `PACE`).
    """
    n, samples, d = data.positions.shape
    demo = torch.randint(n, (count,), generator=generator)
    index = torch.randint(samples, (count,), generator=generator)
    size = reach * data.diagonal * torch.rand(count, 1, generator=generator)
    start = data.positions[demo, index] + size * _directions(count, d, generator)
    shown = data.positions[:, : last + 1]
    apart = torch.cdist(start, shown.flatten(0, 1)).view(count, n, last + 1).amin(dim=1)
    left = data.step * (samples - 1 - torch.arange(last + 1))
    late = start.norm(dim=1, keepdim=True) > PACE * data.peak * left
    late[:, 0] = False
    return start, apart.masked_fill(late, torch.inf).argmin(dim=1)


def draw_ball(radius: Tensor, count: int, dimension: int, generator: torch.Generator) -> Tensor:
    """Draw offsets [count, d] of a ball: half on its surface, half at uniform distances."""
    size = torch.rand(count, 1, generator=generator)
    size[::2] = 1.0
    return radius * size * _directions(count, dimension, generator)


def haste_loss(path: Tensor, step: float, data: TrainingData) -> Tensor:
    """Logarithmic excess of speeds over `CALM_SPEED`, of paths [B, M, d] sampled each ``step``.

    The largest speed of a path counts: a flow folds in narrow places.
    """
    speed = torch.linalg.vector_norm(path.diff(dim=1), dim=-1) / (step * data.peak)
    return mean(torch.log1p(torch.relu(speed - CALM_SPEED).amax(dim=1)))


def far_loss(distance: Tensor, start: Tensor, index: Tensor, data: TrainingData) -> Tensor:
    """Mean excess of ``distance`` [F, M] from the targets over `TOLERANCE`.

    Nobody demonstrated these motions, and where two parts of a demonstration are equally near
    no flow can do what is asked on either side: a rough following is enough.

    Parameters
    ----------
    start : [F, d] positions.
    index : [F] samples whose phase they have.
    """
    away = torch.linalg.vector_norm(start - data.positions[:, index], dim=-1).amin(dim=0)
    return mean(torch.relu(distance - TOLERANCE * (away**2 / data.diagonal).unsqueeze(1)))


def ball_loss(here: Tensor, soon: Tensor, data: TrainingData) -> Tensor:
    """Logarithmic excess of a latent ball over `BALL_REACH` and `BALL_SPEED`: mean and largest.

    The logarithm lets points that are metres away weigh hardly more than those nearby, so
    that a first wild guess of the flow does not rule training. The largest, at the weight
    `BALL_WORST`, finds the narrow places that a mean over the ball hardly feels.

    Parameters
    ----------
    here, soon : [P, d] positions that points of the ball decode to, and `INSTANT` later.
    """
    away = torch.linalg.vector_norm(here, dim=-1) / data.reach
    speed = torch.linalg.vector_norm(soon - here, dim=-1) / (INSTANT * data.step * data.peak)
    excess = torch.relu(away - BALL_REACH) + torch.relu(speed / BALL_SPEED - 1.0)
    each = torch.log1p(excess)
    return mean(each) + BALL_WORST * (each.max() if len(each) else 0.0)


def mean(values: Tensor) -> Tensor:
    """Return the mean of ``values``, 0 if there are none."""
    return values.sum() / max(1, values.numel())


def _directions(count: int, dimension: int, generator: torch.Generator) -> Tensor:
    way = torch.randn(count, dimension, generator=generator)
    return way / torch.linalg.vector_norm(way, dim=1, keepdim=True)
