"""Explicit Euler steps of one size over a whole sequence: the usual case, in fewest operations.

With ``e`` one number, a step is ``h+ = h (I + e A)^T + e tanh(h W^T + z)``: one product, and three
passes over its result. Backwards, with ``s`` the tanh values and ``d`` the gradient of h+, it is
``[d, d (1 - s^2)] [I + e A; e W]``: one pass, and one product.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .integrators import INTEGRATORS
from .unroll import differentiable, span_of

EULER = INTEGRATORS["euler"]


class EulerUnroll(torch.autograd.Function):
    """`unrolled` for Euler's method and a step size that is one number and not learned."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, h: Tensor, u: Tensor, b: Tensor, a: Tensor, w: Tensor, e: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See `unrolled`; ``e`` has one element."""
        size, span = e.item(), span_of(len(x), len(h), 1)
        y = x.new_empty(len(x) + 1, *h.shape)
        y[0] = h
        both = torch.cat([_transition(a, size), w]).t().contiguous()
        products = x.new_empty(len(h), 2 * h.shape[1])
        outer, inner = products.chunk(2, dim=1)
        states, s = y.unbind(0), []
        for begin in range(0, len(x), span):
            # In pieces, which the allocator keeps: the pages of one large block are new each time.
            piece = F.linear(x[begin : begin + span], u, b)
            for t, slope in enumerate(piece.unbind(0), begin):
                torch.mm(states[t], both, out=products)
                slope.add_(inner).tanh_()
                torch.add(outer, slope, alpha=size, out=states[t + 1])
            s.append(piece)
        ctx.save_for_backward(x, h, u, b, a, w, e, y, *s)
        ctx.nodes, ctx.weights = list(EULER.nodes), list(EULER.weights)
        ctx.set_materialize_grads(False)
        return y[1:], y[-1].clone()

    @staticmethod
    def backward(ctx: Any, d_states: Tensor | None, d_last: Tensor | None) -> Any:
        """Gradients of all tensors of `unrolled` but the step size."""
        x, h, u, b, a, w, e, y, *s = ctx.saved_tensors
        if torch.is_grad_enabled():
            inputs = [x, h, u, b, a, w, e]
            return differentiable(ctx, inputs, (d_states, d_last))
        size, (batch, n) = e.item(), h.shape
        span = len(s[0])
        back = torch.cat([_transition(a, size), size * w])
        d_both, d_u, d_b = (
            torch.zeros_like(torch.cat([a, w])),
            torch.zeros_like(u),
            torch.zeros_like(b),
        )
        d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        d = x.new_empty(span, batch, 2 * n)
        wholes = d.unbind(0)
        after, slope_grads = (part.unbind(0) for part in d.chunk(2, dim=2))
        carried = torch.zeros_like(h) if d_last is None else d_last.clone()
        for begin in range((len(s) - 1) * span, -1, -span):
            slopes = s[begin // span].unbind(0)
            after[len(slopes) - 1].copy_(carried)
            for row in range(len(slopes) - 1, -1, -1):
                if d_states is not None:
                    after[row].add_(d_states[begin + row])
                torch.ops.aten.tanh_backward.grad_input(
                    after[row], slopes[row], grad_input=slope_grads[row]
                )
                torch.mm(wholes[row], back, out=after[row - 1] if row else carried)
            seen, used = x[begin : begin + len(slopes)], d[: len(slopes)]
            d_z = used[:, :, n:].reshape(-1, n)
            d_u.addmm_(d_z.t(), seen.reshape(-1, seen.shape[2]), alpha=size)
            d_b.add_(d_z.sum(0), alpha=size)
            if d_x is not None:
                d_x[begin : begin + len(slopes)] = (d_z @ (size * u)).view_as(seen)
            before = y[begin : begin + len(slopes)].view(-1, n)
            d_both.addmm_(used.view(-1, 2 * n).t(), before, alpha=size)
        return d_x, carried, d_u, d_b, *d_both.chunk(2), None


def _transition(a: Tensor, size: float) -> Tensor:
    """``I + e A``."""
    return torch.eye(len(a), dtype=a.dtype, device=a.device).add_(a, alpha=size)
