"""Packed sequences, which TorchScript does not know."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .lipschitz_rnn import LipschitzRNN


def packed_forward(
    rnn: LipschitzRNN, packed: PackedSequence, h: Tensor | None = None
) -> tuple[PackedSequence, Tensor]:
    """Run a PackedSequence as `torch.nn.RNN` does.

    Parameters
    ----------
    packed : of samples [input_size].
    h : first states [num_layers, B, hidden_size], in the order before packing.

    Returns
    -------
    The output, packed in the same way, and h_n [num_layers, B, hidden_size], in the order
    before packing.

    Raises
    ------
    ShapeError
        If the samples or h do not fit.
    """
    x, lengths = pad_packed_sequence(packed, batch_first=rnn.batch_first)
    output, h_n = rnn(x, h, lengths)
    batch = 0 if rnn.batch_first else 1
    if packed.sorted_indices is not None:
        output = output.index_select(batch, packed.sorted_indices)
        lengths = lengths[packed.sorted_indices.cpu()]
    again = pack_padded_sequence(output, lengths, batch_first=rnn.batch_first)
    sizes: torch.Tensor = packed.batch_sizes
    return (
        PackedSequence(again.data, sizes, packed.sorted_indices, packed.unsorted_indices),
        h_n,
    )
