"""Behaviour cloning: a network without any guarantee, fitted to the demonstrated velocities."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from elcd_policy.demonstrations import DemonstrationSet
from elcd_policy.training import TrainingSettings
from elcd_policy.utils.threads import one_thread

Vector = NDArray[np.float64]

SAMPLES = 200  # of each demonstration


class CloningMotion:
    """A network from position to velocity, of as many parameters as a policy has.

    Two hidden layers of tanh, fitted to the demonstrated velocities by as many steps of Adam as
    a policy is trained by, each on as many samples. It knows of no goal; its coordinates move
    with the goal all the same.

    Parameters
    ----------
    demonstrations : to learn from.
    parameters : how many the network should have, about.
    seed : of its initial weights and of the samples.
    settings : of the policy's training.
    """

    def __init__(
        self,
        demonstrations: DemonstrationSet,
        parameters: int,
        seed: int = 0,
        settings: TrainingSettings | None = None,
    ) -> None:
        d = self.dimension = demonstrations.dimension
        self._end = self._goal = demonstrations.goal
        motions = [each.resampled(SAMPLES) for each in demonstrations]
        x = np.concatenate([motion.position for motion in motions]) - self._end
        v = np.concatenate([motion.velocity for motion in motions])
        self._scale, self._speed = float(x.std()), float(v.std())
        # w^2 + (2 d + 2) w + d weights and biases in all.
        width = max(1, round((((d + 1) ** 2) + parameters - d) ** 0.5 - (d + 1)))
        self._layers = _fit_network(
            x / self._scale, v / self._speed, width, seed, settings or TrainingSettings()
        )

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(weight.size + bias.size for weight, bias in self._layers)

    def begin(self, x: Vector) -> None:
        """See `Motion`; it has no memory."""
        self._goal = self._end

    def velocity(self, time: float, x: Vector) -> Vector:
        """Return the network's velocity [d]; the time does not matter."""
        y = (x - self._goal) / self._scale
        *hidden, (weight, bias) = self._layers
        for inner_weight, inner_bias in hidden:
            y = np.tanh(inner_weight @ y + inner_bias)
        return self._speed * (weight @ y + bias)

    def set_goal(self, goal: Vector) -> None:
        """Translate the field so that the demonstrated end comes to ``goal`` [d]."""
        self._goal = np.array(goal)

    def get_goal(self) -> Vector:
        """Return the goal [d]: where the demonstrations end, unless it was moved."""
        return self._goal


@one_thread()
def _fit_network(
    x: Vector, v: Vector, width: int, seed: int, settings: TrainingSettings
) -> list[tuple[Vector, Vector]]:
    """Fit weights and biases of each layer to velocities ``v`` [N, d] at ``x`` [N, d]."""
    steps = settings.linear_steps + settings.shooting_steps
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        d = x.shape[1]
        network = nn.Sequential(
            nn.Linear(d, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, d)
        )
    inputs, targets = torch.tensor(x).float(), torch.tensor(v).float()
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps))
    for _ in range(steps):
        batch = torch.randint(len(x), (settings.batch * settings.targets,), generator=generator)
        loss = ((network(inputs[batch]) - targets[batch]) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return [
        (layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy())
        for layer in network
        if isinstance(layer, nn.Linear)
    ]
