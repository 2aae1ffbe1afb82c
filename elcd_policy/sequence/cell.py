"""One layer's parameters, and the matrices made of them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..errors import ParameterError

#: Standard deviation of a free matrix's entries at the start is this divided by N.
SPREAD = 0.1


class LipschitzCell(nn.Module):
    """Free matrices M of one layer, and A and W [N, N] made of them.

    With a share beta and a shift gamma of its own for each (Erichson et al., equation 5)::

        A = (1 - beta) (M + M^T) + beta (M - M^T) - gamma I

    Parameters
    ----------
    input_size, hidden_size : I, N.
    beta_A, beta_W : 0 (symmetric) to 1 (skew-symmetric).
    gamma_A, gamma_W : at least 0; with ``stable``, gamma_A is positive and the certified rate.
    eps : step size, positive.
    learn_eps : train it too, as its logarithm.
    stable : shift A further, by ``(1 - beta_A) lambda_max(M_A + M_A^T) + sigma_max(W)``: then
        ``-lambda_max(sym A) = sigma_max(W) + gamma_A`` whatever the free matrices are.

    Raises
    ------
    ParameterError
        If a number is out of range.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        beta_A: float,
        beta_W: float,
        gamma_A: float,
        gamma_W: float,
        eps: float,
        learn_eps: bool,
        stable: bool,
    ) -> None:
        super().__init__()
        for name, share in (("beta_A", beta_A), ("beta_W", beta_W)):
            _check(name, share, 0.0 <= share <= 1.0, "0..1")
        for name, shift in (("gamma_A", gamma_A), ("gamma_W", gamma_W)):
            _check(name, shift, 0.0 <= shift < math.inf, ">= 0")
        _check("gamma_A", gamma_A, gamma_A > 0.0 or not stable, "> 0 with stable=True")
        _check("eps", eps, 0.0 < eps < math.inf, "> 0")
        self.log_eps: Tensor
        self.beta_A, self.beta_W = beta_A, beta_W
        self.gamma_A, self.gamma_W = gamma_A, gamma_W
        self.stable = stable
        spread = SPREAD / hidden_size
        self.free_A = nn.Parameter(spread * torch.randn(hidden_size, hidden_size))
        self.free_W = nn.Parameter(spread * torch.randn(hidden_size, hidden_size))
        bound = 1.0 / math.sqrt(input_size)
        self.U = nn.Parameter(torch.empty(hidden_size, input_size).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.empty(hidden_size).uniform_(-bound, bound))
        log_eps = torch.tensor(math.log(eps))
        if learn_eps:
            self.log_eps = nn.Parameter(log_eps)
        else:
            self.register_buffer("log_eps", log_eps)

    def forward(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return U [N, I], b [N], A and W [N, N], eps []."""
        a, w = self.matrices()
        return self.U, self.b, a, w, self.log_eps.exp()

    def matrices(self) -> tuple[Tensor, Tensor]:
        """Return A and W, both [N, N]."""
        w = _mix(self.free_W, self.beta_W, self.gamma_W)
        a = _mix(self.free_A, self.beta_A, self.gamma_A)
        if self.stable:
            # In float64, which also serves weights in float16.
            free = self.free_A.double()
            top = (1.0 - self.beta_A) * torch.linalg.eigvalsh(free + free.t())[-1]
            shift = (top + torch.linalg.matrix_norm(w.double(), 2)).to(a.dtype)
            a = a - torch.diag(shift.expand(a.size(0)))
        return a, w


def _mix(free: Tensor, beta: float, gamma: float) -> Tensor:
    # The definition above, its terms collected.
    shift = torch.full_like(free[0], gamma)
    return free + (1.0 - 2.0 * beta) * free.t() - torch.diag(shift)


def _check(name: str, value: float, holds: bool, expected: str) -> None:
    if not holds:
        raise ParameterError(f"'{name}' is out of range", got=value, expected=expected)
