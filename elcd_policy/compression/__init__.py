"""IDKM: weights as indices into small codebooks, learned by implicit, differentiable k-means."""

from ..formats.packed_weights import PackedWeights, load_packed
from .codebook import CollapseWarning
from .fine_tuning import compress
from .idkm import IDKM, CodebookReport, Layer

__all__ = [
    "IDKM",
    "CodebookReport",
    "CollapseWarning",
    "Layer",
    "PackedWeights",
    "compress",
    "load_packed",
]
