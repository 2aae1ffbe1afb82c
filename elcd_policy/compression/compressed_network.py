"""Networks of files, quantised: what skill and detector files have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from torch import Tensor, nn

from ..formats.packed_weights import PackedWeights, without
from ..utils.threads import one_thread
from .fine_tuning import ITERATIONS, compress

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class CompressedNetwork(Generic[N]):
    """A network with quantised weights.

    Parameters
    ----------
    module : that computes with them.
    weights : the same, as they are stored.
    bytes_before, bytes_after : all weights and buffers, indices and codebooks counted; not what
        a file of either kind need not hold.
    """

    module: N
    weights: PackedWeights
    bytes_before: int
    bytes_after: int


def compress_network(
    model: N,
    loss: Callable[[], Tensor],
    *,
    derived: Sequence[str] = (),
    seed: int = 0,
    **settings: Any,
) -> CompressedNetwork[N]:
    """Quantise all weights of ``model``, in place, fine-tuning it on ``loss``.

    Parameters
    ----------
    derived : buffers that a reader computes anew, which are not stored.
    seed : of the first centroids.
    settings : see `compress`.

    Raises
    ------
    ParameterError, CompressionError
        As `compress`.
    """
    state = model.state_dict()
    before = sum(v.numel() * v.element_size() for k, v in state.items() if k not in derived)
    with one_thread():
        weights = compress(model, loss, seed=seed, **{"iterations": ITERATIONS, **settings})
    weights = without(weights, derived)
    return CompressedNetwork(model.eval(), weights, before, len(weights.blob()))
