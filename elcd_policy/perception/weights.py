"""Free weights to weights under which a NAIS-Net block is stable, whatever training makes of them.

Plain functions of tensors, so that a module that calls them in `forward` can be scripted, which
one under `torch.nn.utils.parametrize` can't.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def stable_matrix(free: Tensor, epsilon: float) -> Tensor:
    """Build a state matrix whose eigenvalues are real and in ``[-(1 - epsilon), -epsilon]``.

    ``A = -s R^T R - epsilon I``, where ``s <= 1`` is the largest factor with
    ``||s R^T R||_F <= 1 - 2 epsilon`` (Ciccone et al. 2018, algorithm 1: there as a projection of
    R after each step of training).

    Parameters
    ----------
    free : R [n, n], of any values.
    epsilon : in (0, 1/2).

    Returns
    -------
    A [n, n], symmetric.
    """
    gram = free.t() @ free
    size = torch.linalg.matrix_norm(gram)
    gram = gram / torch.clamp(size / (1.0 - 2.0 * epsilon), min=1.0)
    return -gram - epsilon * torch.eye(free.size(0), dtype=free.dtype, device=free.device)


def stable_kernel(free: Tensor, epsilon: float, eta: float) -> Tensor:
    """Build a convolution A for which ``|I + D A|`` has row sums of at most ``1 - epsilon D``.

    The centre tap from channel c to itself is ``-1 - d_c`` with ``|d_c| <= 1 - eta``; the
    absolute values of all other taps into channel c sum to at most ``1 - epsilon - |d_c|``. With
    any slopes D in [0, 1] of the activation the block's step is then non-expansive in the
    infinity norm (Ciccone et al. 2018, algorithm 2), padded with zeros or not.

    Parameters
    ----------
    free : [C, C, k, k] with an odd k, of any values.
    epsilon, eta : ``0 < epsilon < eta < 1``.

    Returns
    -------
    The kernel [C, C, k, k].
    """
    middle = free.size(2) // 2
    own = torch.diagonal(free[:, :, middle, middle])
    others = free - _at_centre(own, middle)
    shift = (1.0 - eta) * torch.tanh(own / (1.0 - eta))
    budget = 1.0 - epsilon - shift.abs()
    share = budget / torch.maximum(others.abs().sum(dim=(1, 2, 3)), budget)
    return others * share.view(-1, 1, 1, 1) - _at_centre(1.0 + shift, middle)


def _at_centre(values: Tensor, middle: int) -> Tensor:
    """Build a kernel that multiplies each of its C channels by one of ``values`` [C]."""
    return pad(torch.diag(values)[:, :, None, None], [middle, middle, middle, middle])
