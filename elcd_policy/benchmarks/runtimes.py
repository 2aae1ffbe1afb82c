"""What a control tick can run on: a network made ready, as one call on [N, d]."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

Tick = Callable[[], object]


def plain_network(dimension: int) -> nn.Sequential:
    """The yardstick: d-64-64-d with tanh, a policy that guarantees nothing."""
    return nn.Sequential(
        nn.Linear(dimension, 64),
        nn.Tanh(),
        nn.Linear(64, 64),
        nn.Tanh(),
        nn.Linear(64, dimension),
    ).eval()


def torchscript(module: nn.Module | torch.jit.ScriptModule, x: Tensor) -> Tick:
    """One call of ``module`` on ``x`` [N, d], scripted and optimised for inference."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit.*")
        scripted = (
            module if isinstance(module, torch.jit.ScriptModule) else torch.jit.script(module)
        )
        fast = torch.jit.optimize_for_inference(scripted.eval())

    def tick() -> Tensor:
        with torch.inference_mode():
            return fast(x)

    return tick


#: Name of a runtime -> how a module is made ready on it.
RUNTIMES: dict[str, Callable[[nn.Module | torch.jit.ScriptModule, Tensor], Tick]] = {
    "TorchScript": torchscript
}
