"""Diffeomorphisms between data and latent space, as `normflows` flows.

normflows' ``forward`` maps latent to data; the ``phi`` of the equations is its ``inverse``.
"""

from .adapter import NormflowsAdapter
from .base import CompositeFlow, TangentFlow
from .coupling import AffineCoupling
from .defaults import default_flow
from .kink import KinkFlow

__all__ = [
    "AffineCoupling",
    "CompositeFlow",
    "KinkFlow",
    "NormflowsAdapter",
    "TangentFlow",
    "default_flow",
]
