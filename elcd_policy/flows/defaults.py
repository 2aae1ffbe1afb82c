"""The flow that training uses unless told otherwise."""

from __future__ import annotations

from ..errors import ParameterError
from .base import CompositeFlow, TangentFlow
from .coupling import AffineCoupling
from .kink import KinkFlow


def default_flow(dimension: int, *, couplings: int = 4, width: int = 64) -> CompositeFlow:
    """Return the flow for ``dimension`` coordinates of unit scale around the goal.

    Parameters
    ----------
    dimension : d >= 1. For d = 1 a row of kinks, else alternating affine couplings.
    couplings : how many couplings (for d = 1: a row of ``4 * couplings`` kinks).
    width : hidden units of each coupling's conditioner.

    Raises
    ------
    ParameterError
        For a dimension below 1.
    """
    if dimension < 1:
        raise ParameterError("a flow's dimension is out of range", got=dimension, expected=">= 1")
    flows: list[TangentFlow]
    if dimension == 1:
        flows = [KinkFlow(1) for _ in range(4 * couplings)]
    else:
        flows = [
            AffineCoupling(dimension, flip=index % 2 == 1, width=width)
            for index in range(couplings)
        ]
    return CompositeFlow(flows)
