"""Euler's and the midpoint method in steps of one size: the usual case, in fewest operations.

Their stages form a chain, each the state plus a share ``f`` of a step along the slope of the stage
before: ``y+ = h + f (A y + s)``, ``s = tanh(W y + z)``. With ``f`` one number, it goes into the
matrices, and in the first stage, where y is h, the state does, too: ``y+ = (I + f A) h + f s``.
Sums go into the products, where they can, which leaves two or three passes over a stage's result.
Backwards, with ``d`` the gradient of y+, a stage is ``[d, d (1 - s^2)] [I + f A; f W]``: one pass,
one product.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .unroll import differentiate_again, span_of


class FixedStepUnroll(torch.autograd.Function):
    """`unroll_steps` for a step size that is one number and not learned, and `is_chain` methods."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        h: Tensor,
        u: Tensor,
        b: Tensor,
        a: Tensor,
        w: Tensor,
        e: Tensor,
        nodes: list[float],
        weights: list[float],
    ) -> tuple[Tensor, Tensor]:
        """Run `unroll_steps`."""
        stages, span, factors = len(nodes), span_of(len(x), len(h), 1), _factors(e, nodes)
        moves = [move.t().contiguous() for move in _transitions(a, factors)]
        w_t = w.t().contiguous()
        y = x.new_empty(len(x) + 1, *h.shape)
        y[0] = h
        states, pieces = y.unbind(0), []
        for begin in range(0, len(x), span):
            # In pieces, which the allocator keeps: the pages of one large block are new each time.
            z = F.linear(x[begin : begin + span], u, b)
            kept = [torch.empty_like(z) for _ in range(2 * stages - 2)]
            kept.append(z)  # the last stage's slopes go over z itself
            for t, row in enumerate(zip(*(piece.unbind(0) for piece in kept), strict=True), begin):
                path = (states[t], *row[: stages - 1], states[t + 1])
                for i, slope in enumerate(row[stages - 1 :]):
                    after = path[i + 1]
                    if i:
                        torch.addmm(path[0], path[i], moves[i], out=after)
                    else:
                        torch.mm(path[0], moves[0], out=after)
                    torch.addmm(row[-1], path[i], w_t, out=slope).tanh_()
                    after.add_(slope, alpha=factors[i])
            pieces += kept
        ctx.save_for_backward(x, h, u, b, a, w, e, y, *pieces)
        ctx.nodes, ctx.weights = nodes, weights
        ctx.set_materialize_grads(False)
        return y[1:], y[-1].clone()

    @staticmethod
    def backward(ctx: Any, d_states: Tensor | None, d_last: Tensor | None) -> Any:
        """Return gradients of all tensors of `unroll_steps` but the step size."""
        x, h, u, b, a, w, e, y, *pieces = ctx.saved_tensors
        if torch.is_grad_enabled():
            inputs = [x, h, u, b, a, w, e]
            return *differentiate_again(ctx, inputs, (d_states, d_last)), None, None
        (batch, n), stages = h.shape, len(ctx.nodes)
        span, factors = len(pieces[0]), _factors(e, ctx.nodes)
        scaled = zip(_transitions(a, factors), factors, strict=True)
        back = [torch.cat([m, f * w]) for m, f in scaled]
        d_both, d_u, d_b = x.new_zeros(2 * n, n), torch.zeros_like(u), torch.zeros_like(b)
        d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        d = x.new_empty(stages, span, batch, 2 * n)  # of (y+, W y + z) of each stage, for a span
        wholes = [stage.unbind(0) for stage in d]
        after, slope_grads = ([part.unbind(0) for part in half] for half in d.chunk(2, dim=3))
        carried = torch.zeros_like(h) if d_last is None else d_last.clone()
        for begin in range((len(x) - 1) // span * span, -1, -span):
            kept = pieces[begin // span * (2 * stages - 1) :][: 2 * stages - 1]
            slopes, count = [piece.unbind(0) for piece in kept[stages - 1 :]], len(kept[0])
            after[-1][count - 1].copy_(carried)
            for row in range(count - 1, -1, -1):
                d_after = after[-1][row]
                if d_states is not None:
                    d_after.add_(d_states[begin + row])
                before = after[-1][row - 1] if row else carried
                for i in range(stages - 1, -1, -1):
                    torch.ops.aten.tanh_backward.grad_input(
                        after[i][row], slopes[i][row], grad_input=slope_grads[i][row]
                    )
                    d_stage = after[i - 1][row] if i else before
                    torch.mm(wholes[i][row], back[i], out=d_stage)
                for i in range(1, stages):
                    before.add_(after[i][row])
            seen, used = x[begin : begin + count], d[:, :count]
            d_z = factors[-1] * used[-1, :, :, n:]
            for i in range(stages - 1):
                d_z.add_(used[i, :, :, n:], alpha=factors[i])
            rows = d_z.view(-1, n)
            d_u.addmm_(rows.t(), seen.reshape(-1, seen.shape[2]))
            d_b.add_(rows.sum(0))
            if d_x is not None:
                d_x[begin : begin + count] = (rows @ u).view_as(seen)
            seen_states = [y[begin : begin + count], *kept[: stages - 1]]
            for i, factor in enumerate(factors):
                rows = used[i].view(-1, 2 * n)
                d_both.addmm_(rows.t(), seen_states[i].view(-1, n), alpha=factor)
        return d_x, carried, d_u, d_b, *d_both.chunk(2), None, None, None


def _factors(e: Tensor, nodes: list[float]) -> list[float]:
    """Return the share of its slope that each stage adds to the state."""
    return [e.item() * share for share in [*nodes[1:], 1.0]]


def _transitions(a: Tensor, factors: list[float]) -> list[Tensor]:
    """Return ``I + f A`` for the first stage, ``f A`` for the others."""
    first, *others = [factor * a for factor in factors]
    return [first.diagonal_scatter(first.diagonal() + 1), *others]
