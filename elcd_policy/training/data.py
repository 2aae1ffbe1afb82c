"""Demonstrations as the tensors that training draws from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..demonstrations import DemonstrationSet
from ..errors import TrainingError


@dataclass
class TrainingData:
    """Demonstrations in unit scale and unit time, with the goal at the origin.

    ``positions`` [n, K, d] are samples at equal times within each demonstration; ``steps`` [n]
    is the time between two of them, in units of ``duration`` (the median, in s); ``scale`` is
    the unit of length, the root mean square coordinate, in the demonstrations' own units.
    """

    positions: Tensor
    steps: Tensor
    scale: float
    duration: float
    goal: np.ndarray

    @classmethod
    def of(cls, demonstrations: DemonstrationSet, samples: int) -> TrainingData:
        """Resample and scale ``demonstrations``.

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
        duration = demonstrations.duration
        steps = [demo.duration / (samples - 1) / duration for demo in demonstrations]
        return cls(
            positions=torch.tensor(positions / scale, dtype=torch.float32),
            steps=torch.tensor(steps, dtype=torch.float32),
            scale=scale,
            duration=duration,
            goal=goal,
        )

    def draw_starts(
        self, count: int, last: int, push: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Random starts: demonstration and sample index (up to ``last``) [count], push [count, d].

        A quarter of the starts are first samples; half of all starts are pushed, by a standard
        deviation drawn log-uniformly down from ``push``, so that small ones are frequent.
        """
        n, _, d = self.positions.shape
        demo = torch.randint(n, (count,), generator=generator)
        index = torch.randint(last + 1, (count,), generator=generator)
        index[: count // 4] = 0
        size = push * torch.exp(-3.0 * torch.rand(count, 1, generator=generator))
        pushed = torch.rand(count, 1, generator=generator) < 0.5
        offset = size * pushed * torch.randn(count, d, generator=generator)
        return demo, index, offset
