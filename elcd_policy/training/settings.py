"""The knobs of training, with the defaults that are benchmarked."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from ..errors import ParameterError

#: What is left out at 0.
MAY_BE_ZERO = {
    "linear_steps",
    "shooting_steps",
    "push",
    "return_rate",
    "far",
    "far_return_rate",
    "far_weight",
    "calm_weight",
    "ball",
    "ball_weight",
}


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of how a policy is learned. Lengths are in units of the demonstrations' own scale.

    Parameters
    ----------
    couplings, width : size of the flow (see `default_flow`).
    field_width : hidden units of the field.
    rate : guaranteed contraction per demonstrated duration, c times T.
    draws : first weights that are tried for a quarter of the linear steps; the best go on.
    linear_steps : optimiser steps on trajectories of the field's linear part, in closed form.
    shooting_steps : optimiser steps on integrated trajectories of the whole field.
    window : samples (of ``samples`` a demonstration) that shooting integrates over.
    learning_rate : peak rate of Adam; half of it in shooting.
    samples : points a demonstration is resampled to.
    batch : starts in one step.
    targets : points of its trajectory on which a start of the linear stage is judged.
    push : largest standard deviation of the pushes that half of the starts receive.
    return_rate : how fast a push should fade beyond an even fading over the rest of the motion,
        e-foldings per demonstrated duration.
    far : starts far from the demonstrations that each step draws besides.
    far_reach : their largest distance from a demonstrated sample, in diagonals of the
        demonstrated workspace.
    far_return_rate : what a start's distance of one diagonal adds to ``return_rate``.
    far_weight : of the far starts' mean loss, relative to the others'.
    calm_weight : of speeds above the demonstrated ones on the way of far starts.
    ball : points of the latent ball through the demonstrated starts, which no motion from them
        leaves, that each step looks at.
    ball_weight : of the distances of these points from the goal.
    """

    couplings: int = 6
    width: int = 64
    field_width: int = 32
    rate: float = 4.0
    draws: int = 3
    linear_steps: int = 400
    shooting_steps: int = 600
    window: int = 20
    learning_rate: float = 1e-2
    samples: int = 100
    batch: int = 64
    targets: int = 16
    push: float = 0.15
    return_rate: float = 1.0
    far: int = 24
    far_reach: float = 1.0
    far_return_rate: float = 4.0
    far_weight: float = 0.12
    calm_weight: float = 0.1
    ball: int = 96
    ball_weight: float = 0.03

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            least = 0 if item.name in MAY_BE_ZERO else None
            if not ((value > 0 or value == least) and math.isfinite(value)):
                raise ParameterError(
                    f"the training setting '{item.name}' is out of range",
                    got=value,
                    expected=f"{'at least' if least == 0 else 'above'} 0 and finite",
                )
