"""Diffeomorphisms between data and latent space, as `normflows` flows.

normflows' ``forward`` maps latent to data; the ``phi`` of the equations is its ``inverse``.
"""

from .adapter import NormflowsAdapter
from .base import (
    FLOWS,
    CompositeFlow,
    TangentFlow,
    build_flow,
    describe_flow,
    find_flow,
    register_flow,
)
from .coupling import AffineCoupling
from .defaults import default_flow
from .kink import KinkFlow

__all__ = [
    "FLOWS",
    "AffineCoupling",
    "CompositeFlow",
    "KinkFlow",
    "NormflowsAdapter",
    "TangentFlow",
    "build_flow",
    "default_flow",
    "describe_flow",
    "find_flow",
    "register_flow",
]
