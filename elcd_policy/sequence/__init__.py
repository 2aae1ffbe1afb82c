"""Recurrent networks in continuous time that say what is guaranteed of them."""

from .lipschitz_rnn import LipschitzRNN
from .packed import packed_forward
from .stability import LayerStability, StabilityCertificate, layer_stability

__all__ = [
    "LayerStability",
    "LipschitzRNN",
    "StabilityCertificate",
    "layer_stability",
    "packed_forward",
]
