"""Demonstrations as the tensors that training draws from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..demonstrations import DemonstrationSet
from ..errors import TrainingError
from .alignment import aligned


@dataclass
class TrainingData:
    """Demonstrations in unit scale and unit time, with the goal at the origin.

    ``positions`` [n, K, d] are samples at equal times of one common clock (see `aligned`);
    ``step`` is the time between two of them, in units of ``duration`` (the median, in s);
    ``scale`` is the unit of length, the root mean square coordinate, in the demonstrations'
    own units.
    """

    positions: Tensor
    step: float
    scale: float
    duration: float

    @classmethod
    def of(cls, demonstrations: DemonstrationSet, samples: int) -> TrainingData:
        """Resample, align and scale ``demonstrations``.

        Raises
        ------
        TrainingError
            If nothing moves in the demonstrations.
        """
        goal = demonstrations.goal
        resampled = [demo.resampled(samples) for demo in demonstrations]
        positions = np.stack([demo.position for demo in resampled]) - goal
        scale = float(np.sqrt(np.mean(positions**2)))
        if not scale > 1e-9 * (1.0 + float(np.abs(goal).max())):
            raise TrainingError(
                f"nothing moves in '{demonstrations.source}'",
                got=f"all samples within {scale:.3g} {demonstrations.units} of the goal",
                expected="a motion",
                advice="record demonstrations that start away from their end",
            )
        durations = np.array([demo.duration for demo in demonstrations])
        positions, clock = aligned(positions / scale, durations)
        duration = demonstrations.duration
        return cls(
            positions=torch.tensor(positions, dtype=torch.float32),
            step=clock / duration / (samples - 1),
            scale=scale,
            duration=duration,
        )

    def draw_starts(
        self, count: int, last: int, push: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Random starts: demonstration and sample index (up to ``last``) [count], push [count, d].

        A quarter of the starts are first samples; half of all starts are pushed, by a standard
        deviation drawn log-uniformly from a fifth of ``push`` up to ``push``.
        """
        n, _, d = self.positions.shape
        demo = torch.randint(n, (count,), generator=generator)
        index = torch.randint(last + 1, (count,), generator=generator)
        index[: count // 4] = 0
        size = push * torch.exp(math.log(0.2) * torch.rand(count, 1, generator=generator))
        pushed = torch.rand(count, 1, generator=generator) < 0.5
        offset = size * pushed * torch.randn(count, d, generator=generator)
        return demo, index, offset
