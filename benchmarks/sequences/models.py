"""The models that are compared, all of about one number of parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from elcd_policy.errors import MissingExtraError
from elcd_policy.sequence import LipschitzRNN

from ..harness import EXTRA

#: Parameters of each recurrent part, about those of a Lipschitz RNN of 64 units.
BUDGET = 9000

Maker = Callable[[int, int, float], nn.Module]


def _lipschitz(**options: Any) -> Maker:
    return lambda inputs, n, eps: LipschitzRNN(inputs, n, eps=eps, **options)


def _antisymmetric(inputs: int, n: int, eps: float) -> nn.Module:
    def spread(weights: Tensor) -> Tensor:
        return nn.init.normal_(weights, std=n**-0.5)

    return _torchrecurrent().AntisymmetricRNN(
        inputs, n, epsilon=eps, gamma=0.01, recurrent_kernel_init=spread
    )


def _corn(inputs: int, n: int, eps: float) -> nn.Module:
    return _torchrecurrent().coRNN(inputs, n, dt=eps)


#: By name: what makes one of ``inputs`` and ``hidden`` units, with a step of size ``eps`` for
#: those in continuous time.
MODELS: dict[str, Maker] = {
    "Lipschitz RNN": _lipschitz(),
    "Lipschitz RNN, RK2": _lipschitz(integrator="rk2"),
    "Lipschitz RNN, stable": _lipschitz(stable=True, gamma_A=0.01),
    "AntisymmetricRNN": _antisymmetric,
    "coRNN": _corn,
    "GRU": lambda inputs, n, eps: nn.GRU(inputs, n),
    "LSTM": lambda inputs, n, eps: nn.LSTM(inputs, n),
}


class Reader(nn.Module):
    """A recurrent part [T, B, I] and a linear layer that reads its states out.

    Parameters
    ----------
    name : of `MODELS`.
    inputs, classes : I, C.
    eps : step size.
    """

    def __init__(self, name: str, inputs: int, classes: int, eps: float) -> None:
        super().__init__()
        self.hidden = hidden_size(name, inputs)
        self.recurrent = MODELS[name](inputs, self.hidden, eps)
        self.readout = nn.Linear(self.hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [B, C] of the last state."""
        return self.readout(self.states(x)[-1])

    def states(self, x: Tensor) -> Tensor:
        """Return all states [T, B, N]."""
        return self.recurrent(x)[0]


def hidden_size(name: str, inputs: int) -> int:
    """Return the number of units whose parameters come closest to `BUDGET`."""
    return min(range(8, 129), key=lambda n: abs(parameters(MODELS[name](inputs, n, 0.1)) - BUDGET))


def parameters(module: nn.Module) -> int:
    """Return how many numbers are trained."""
    return sum(weights.numel() for weights in module.parameters())


def _torchrecurrent() -> Any:
    try:
        import torchrecurrent
    except ImportError as error:
        raise MissingExtraError("torchrecurrent", EXTRA) from error
    return torchrecurrent


def build_seeded(name: str, inputs: int, classes: int, eps: float, seed: int) -> Reader:
    """Return a `Reader` of one seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Reader(name, inputs, classes, eps)
