"""Demonstrations as the tensors that training draws from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..demonstrations import DemonstrationSet
from ..errors import TrainingError
from .alignment import aligned

Array = NDArray[np.float64]

#: Poses that move or turn less than this count as if they did so much: noise is not a motion.
#: The first is a share of the goal's distance from the origin, the second in rad.
LEAST_MOTION, LEAST_TURN = 1e-3, 0.05
#: In unit scale: demonstrations that meet, as all do in the goal, count as this far apart.
LEAST_SPREAD = 1e-2


@dataclass
class TrainingData:
    """Demonstrations in unit scale and unit time, with the goal at the origin.

    ``positions`` [n, K, d] are samples at equal times of one common clock (see `aligned`);
    ``step`` is the time between two of them, in units of ``duration`` (the median, in s);
    ``scale`` is the unit of length, the root mean square coordinate, in the demonstrations'
    own units; for poses one [6] for each coordinate, see `pose_scale`. ``spread`` [K] is the
    mean distance of the demonstrations from their mean, at least `LEAST_SPREAD`; ``diagonal``
    that of the box around all samples, ``reach`` their largest distance from the goal and
    ``peak`` their largest speed.
    """

    positions: Tensor
    step: float
    scale: float | Array
    duration: float
    spread: Tensor = field(init=False)
    diagonal: float = field(init=False)
    reach: float = field(init=False)
    peak: float = field(init=False)

    def __post_init__(self) -> None:
        apart = (self.positions - self.positions.mean(dim=0)).norm(dim=-1)
        self.spread = apart.mean(dim=0).clamp_min(LEAST_SPREAD)
        every = self.positions.flatten(0, 1)
        self.diagonal = float((every.amax(dim=0) - every.amin(dim=0)).norm())
        self.reach = float(every.norm(dim=-1).max())
        self.peak = float(self.positions.diff(dim=1).norm(dim=-1).max()) / self.step

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
        size = float(np.sqrt(np.mean(positions**2)))
        if not size > 1e-9 * (1.0 + float(np.abs(goal).max())):
            raise TrainingError(
                f"nothing moves in '{demonstrations.source}'",
                got=f"all samples within {size:.3g} {demonstrations.units} of the goal",
                expected="a motion",
                advice="record demonstrations that start away from their end",
            )
        scale = size if demonstrations.orientation is None else pose_scale(positions, goal)
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
        """Draw starts: demonstration and sample index (up to ``last``) [count], push [count, d].

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


def pose_scale(offsets: Array, goal: Array) -> Array:
    """Return units [6] that make positions and rotations equally large: root mean squares of each.

    A diagonal scaling is part of the diffeomorphism, so it changes the metric, not the
    guarantee. The ratio of the two is the characteristic length that a rad counts as.

    Parameters
    ----------
    offsets : [n, K, 6], coordinates of poses relative to the goal's.
    goal : [6].
    """
    moved, turned = (float(np.sqrt(np.mean(part**2))) for part in np.split(offsets, 2, axis=-1))
    least = LEAST_MOTION * (float(np.linalg.norm(goal[:3])) or 1.0)
    return np.repeat([max(moved, least), max(turned, LEAST_TURN)], 3)
