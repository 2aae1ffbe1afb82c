"""Fine-tuning under soft weights: what makes a quantised model as good as it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from ..errors import CompressionError, ParameterError
from ..formats.packed_weights import PackedWeights
from ..utils.numbers import check_count
from .idkm import IDKM, Layer

#: Updates of the centroids in a step that are enough for a file: they start from where the last
#: step left them.
ITERATIONS = 5
Batches = Iterable[tuple[Tensor, Tensor]]


def compress(
    model: nn.Module,
    data: Batches | Callable[[], Tensor],
    *,
    bits: int = 4,
    dim: int = 1,
    gradient: str = "jfb",
    layers: Mapping[str, Layer | None] | None = None,
    steps: int = 200,
    learning_rate: float = 1e-3,
    criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    progress: bool = True,
    **settings: Any,
) -> PackedWeights:
    """Quantise ``model`` in place, fine-tuning it first.

    The first half of the steps moves the weights, softly clustered; the other half the centroids,
    each weight's being fixed, which also takes back what the step from soft to hard costs.

    Parameters
    ----------
    model : any module.
    data : batches (input, target), gone through as often as need be, or the loss itself.
    bits, dim, gradient, layers, settings : see `IDKM`.
    steps : of the optimiser (Adam; in each half the rate decays to 0 as a cosine).
    learning_rate : at the start.
    criterion : the loss of (output, target), for batches.
    progress : show a progress bar on stderr.

    Returns
    -------
    The packed weights, which the model now has.

    Raises
    ------
    ParameterError, CompressionError
        As `IDKM`; a CompressionError too if there are no batches or training diverged.
    """
    check_count("steps", steps, least=0)
    if not 0 < learning_rate < math.inf:
        raise ParameterError(
            "the learning rate is out of range", got=learning_rate, expected="a number above 0"
        )
    training = {part: part.training for part in model.modules()}
    quantised = IDKM(model, bits=bits, dim=dim, gradient=gradient, layers=layers, **settings)
    loss = data if callable(data) else _on_batches(model, data, criterion)
    bar = tqdm(total=steps, desc="fine-tuning", unit="step", mininterval=0.5, disable=not progress)
    try:
        with bar:
            model.train()
            _minimise(quantised, loss, steps - steps // 2, learning_rate, bar)
            quantised.fix()
            _minimise(quantised, loss, steps // 2, learning_rate, bar)
    finally:
        packed = quantised.harden()
        for part, mode in training.items():
            part.training = mode
    return packed


def _on_batches(
    model: nn.Module, batches: Batches, criterion: Callable[[Tensor, Tensor], Tensor]
) -> Callable[[], Tensor]:
    def repeat_batches() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            empty = True
            for batch in batches:
                empty = False
                yield batch
            if empty:
                raise CompressionError("there is nothing to fine-tune on", expected="batches")

    stream = repeat_batches()

    def loss() -> Tensor:
        x, y = next(stream)
        return criterion(model(x), y)

    return loss


def _minimise(
    quantised: IDKM, loss: Callable[[], Tensor], steps: int, rate: float, bar: tqdm
) -> None:
    parameters = quantised.parameters()
    optimiser = torch.optim.Adam(parameters, lr=rate)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        optimiser.zero_grad(set_to_none=True)
        with quantised.one_pass():
            value = loss()
        value.backward()
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        if not torch.isfinite(norm):
            raise CompressionError(
                "fine-tuning diverged",
                got=f"a gradient of {float(norm)} at step {step + 1}",
                expected="finite gradients",
                advice="lower the learning rate",
            )
        optimiser.step()
        bar.update()
        if step % 20 == 0:
            bar.set_postfix(loss=f"{float(value.detach()):.4f}", refresh=False)
