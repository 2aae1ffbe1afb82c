"""Classifier of skills: names a motion from as much of it as has been seen."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .lipschitz_rnn import LipschitzRNN

#: Of the network: the size of a step, and the certified rate of its continuous time.
EPS, RATE = 0.2, 0.01
#: Units of the layer that reads the state out.
READOUT = 128
#: What has been seen of a stream: the network's state, first and last position, path, time.
Memory = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


class SkillClassifier(nn.Module):
    """A Lipschitz RNN that reads positions as they come and names the motion at each of them.

    With r the position relative to the first, L the path so far and t the time so far, a sample
    is shown as ``r / L`` and the squashed ``u / (1 + |u|)`` of ``u = (dr / dt) / (L / t)``: where
    the motion begins, its size, and its overall speed make no difference. Samples
    may come at any time; each holds for the time since the one before.

    Parameters
    ----------
    dimension : d, of positions.
    skills : number of classes C.
    rate : Hz, at which one step of the network is one sample.
    hidden_size : N.
    """

    def __init__(
        self,
        dimension: int,
        skills: int,
        *,
        rate: float = 10.0,
        hidden_size: int = 64,
    ) -> None:
        super().__init__()
        self.dimension, self.skills, self.rate = dimension, skills, rate
        self.recurrent = LipschitzRNN(
            2 * dimension, hidden_size, eps=EPS, gamma_A=RATE, stable=True
        )
        self.readout = nn.Sequential(
            nn.Linear(hidden_size, READOUT), nn.ReLU(), nn.Linear(READOUT, skills)
        )

    def forward(self, position: Tensor, time: Tensor) -> Tensor:
        """Compute log-probabilities [T - 1, B, C] after each sample but the first.

        Parameters
        ----------
        position : [T, B, d].
        time : [T, B] in s, increasing; the last times may be repeated behind a motion's end.
        """
        seen, dt = motion_features(position, time)
        # Behind a motion's end nothing that comes out counts.
        held = torch.where(dt > 0, dt * self.rate, torch.ones_like(dt))
        states, _ = self.recurrent(seen, None, None, held)
        return F.log_softmax(self.readout(states), dim=2)

    @torch.jit.export
    def begin(self, position: Tensor) -> Memory:
        """Begin a stream at a position [B, d]."""
        nothing = torch.zeros_like(position[:, 0])
        h = position.new_zeros(1, position.size(0), self.recurrent.hidden_size)
        return h, position, position, nothing, nothing

    @torch.jit.export
    def step(self, position: Tensor, dt: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Take one more sample of a stream.

        Parameters
        ----------
        position : [B, d].
        dt : [B] in s, since the last sample.
        memory : from `begin` or the last call.

        Returns
        -------
        Log-probabilities [B, C], and the memory for the next call.
        """
        h, first, last, path, elapsed = memory
        step = position - last
        path, elapsed = path + step.norm(p=2, dim=1), elapsed + dt
        seen = _features(position - first, step, dt, path, elapsed)
        state, h = self.recurrent.step(seen, h, dt * self.rate)
        scores = F.log_softmax(self.readout(state), dim=1)
        return scores, (h, first, position, path, elapsed)


def motion_features(position: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
    """Return the features of whole motions [T - 1, B, 2 d], and the times between [T - 1, B].

    Parameters
    ----------
    position, time : as of `SkillClassifier.forward`.
    """
    step = position[1:] - position[:-1]
    dt = time[1:] - time[:-1]
    path = step.norm(p=2, dim=2).cumsum(0)
    return _features(position[1:] - position[:1], step, dt, path, time[1:] - time[:1]), dt


def _features(place: Tensor, step: Tensor, dt: Tensor, path: Tensor, elapsed: Tensor) -> Tensor:
    """Return the features [..., 2 d], see `SkillClassifier`; all 0 before anything has moved."""
    length = torch.where(path > 0, path, torch.ones_like(path)).unsqueeze(-1)
    held = torch.where(dt > 0, dt, torch.ones_like(dt)).unsqueeze(-1)
    relative = step / held * elapsed.unsqueeze(-1) / length
    return torch.cat(
        [place / length, relative / (1 + relative.norm(p=2, dim=-1, keepdim=True))], dim=-1
    )
