"""A layer over a whole sequence: a plain loop, and the same with a backward written by hand.

The unit is ``h' = A h + tanh(W h + U x + b)`` with ``x`` held during a step of size ``e``. Left to
autograd, each step would add its own product to the gradients of A and W and keep a node for each
operation; `Unroll` keeps the states of all stages and the tanh values, goes through the sequence
in spans that stay in the cache, and takes the weights' gradients of a span by one product.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

#: Rows of a span's products: large enough for their speed, small enough for the cache.
ROWS = 1024


def step(
    h: Tensor, z: Tensor, a: Tensor, w: Tensor, e: Tensor, nodes: list[float], weights: list[float]
) -> Tensor:
    """Take one step from ``h`` [B, N] with the input's part ``z = U x + b`` [B, N].

    Parameters
    ----------
    a, w : A and W, [N, N].
    e : step size, broadcast against [B, N].
    nodes, weights : of the `Integrator`.
    """
    y, after = h, h
    for i in range(len(nodes)):
        k = torch.addmm(torch.tanh(torch.addmm(z, y, w.t())), y, a.t())
        if weights[i] != 0.0:
            after = after + (e * weights[i]) * k
        if i + 1 < len(nodes):
            y = h + (e * nodes[i + 1]) * k
    return after


def unroll_steps(
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
    """Take all steps, one after the other.

    Parameters
    ----------
    x : inputs, [T, B, I].
    h : first state, [B, N].
    u, b, a, w : U [N, I], b [N], A and W [N, N].
    e : step sizes, [T or 1, B or 1, 1].
    nodes, weights : of the `Integrator`.

    Returns
    -------
    The states after each step [T, B, N], and the last of them [B, N].
    """
    states: list[Tensor] = []
    # Selecting z[t] would give each step a gradient of the whole sequence's size.
    parts = F.linear(x, u, b).unbind(0)
    steps = e.expand(x.size(0), e.size(1), 1).unbind(0)
    for t in range(len(parts)):
        h = step(h, parts[t], a, w, steps[t], nodes, weights)
        states.append(h)
    return torch.stack(states), h


class Unroll(torch.autograd.Function):
    """`unroll_steps` as one node of the graph; second derivatives go through the loop itself."""

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
        count, stages = len(x), len(nodes)
        sizes, span = _sizes(e, count), span_of(count, len(h), 1)
        y = x.new_empty(count + 1, stages, *h.shape)
        y[0, 0] = h
        # In pieces, which the allocator keeps: the pages of one large block are new each time.
        s = [part.new_empty(len(part), stages, *h.shape) for part in x.split(span)]
        both = torch.cat([a, w]).t().contiguous()
        products, k = x.new_empty(len(h), 2 * h.shape[1]), torch.empty_like(h)
        outer, inner = products.chunk(2, dim=1)
        states = y.unbind(0)
        for begin, slopes in zip(range(0, count, span), s, strict=True):
            inputs = F.linear(x[begin : begin + span], u, b).unbind(0)
            for t, (z, found) in enumerate(zip(inputs, slopes.unbind(0), strict=True), begin):
                stage, after = states[t].unbind(0), states[t + 1][0]
                base = stage[0]
                for i, slope in enumerate(found.unbind(0)):
                    torch.mm(stage[i], both, out=products)
                    torch.tanh(torch.add(inner, z, out=k), out=slope)
                    torch.add(outer, slope, out=k)
                    if weights[i]:
                        _add(base, k, sizes[t], weights[i], after)
                        base = after
                    if i + 1 < stages:
                        _add(stage[0], k, sizes[t], nodes[i + 1], stage[i + 1])
        ctx.save_for_backward(x, h, u, b, a, w, e, y, *s)
        ctx.nodes, ctx.weights = nodes, weights
        ctx.set_materialize_grads(False)
        return y[1:, 0], y[-1, 0].clone()

    @staticmethod
    def backward(ctx: Any, d_states: Tensor | None, d_last: Tensor | None) -> Any:
        """Return gradients of all tensors of `unroll_steps`."""
        *inputs, y = ctx.saved_tensors[:8]
        slopes = [step.unbind(0) for part in ctx.saved_tensors[8:] for step in part]
        if torch.is_grad_enabled():
            return *differentiate_again(ctx, inputs, (d_states, d_last)), None, None
        x, h, u, b, a, w, e = inputs
        nodes, weights = ctx.nodes, ctx.weights
        count, (stages, batch, n) = len(x), y.shape[1:]
        both = torch.cat([a, w])
        d_both, d_u, d_b = torch.zeros_like(both), torch.zeros_like(u), torch.zeros_like(b)
        d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        d_e = torch.zeros_like(e) if ctx.needs_input_grad[6] else None
        # Of the state after a step, of the one before it, and of a stage's.
        d_after = torch.zeros_like(h) if d_last is None else d_last.clone()
        d_before, d_y = torch.empty_like(h), torch.empty_like(h)
        sizes, span = _sizes(e, count), span_of(count, batch, stages)
        d = x.new_empty(span, stages, batch, 2 * n)  # of (A y, W y + U x + b), for a span
        outer, inner = ([step.unbind(0) for step in part] for part in d.chunk(2, dim=3))
        wholes = [step.unbind(0) for step in d]
        for t in range(count - 1, -1, -1):
            row = t % span
            if d_states is not None:
                d_after.add_(d_states[t])
            moved = d_after * (y[t + 1, 0] - y[t, 0]) if d_e is not None else d_after
            for i in range(stages - 1, -1, -1):
                last = i + 1 == stages
                if weights[i]:
                    torch.mul(d_after, weights[i] * sizes[t], out=outer[row][i])
                    if not last:
                        _add(outer[row][i], d_y, sizes[t], nodes[i + 1], outer[row][i])
                else:
                    torch.mul(d_y, nodes[i + 1] * sizes[t], out=outer[row][i])
                torch.ops.aten.tanh_backward.grad_input(
                    outer[row][i], slopes[t][i], grad_input=inner[row][i]
                )
                torch.mm(wholes[row][i], both, out=d_y)
                torch.add(d_after if last else d_before, d_y, out=d_before)
                if d_e is not None and i > 0:
                    moved.addcmul_(d_y, y[t, i] - y[t, 0])
            if d_e is not None:
                # A stage moved by e times its slope; where e is 0, nothing did.
                size = e[t % len(e)]
                slope = moved.sum(dim=1, keepdim=True) / torch.where(size == 0, 1, size)
                d_e[t % len(e)] += slope.sum_to_size(size.shape)
            d_after, d_before = d_before, d_after
            if row == 0:
                seen = x[t : t + span]
                d_z = d[: len(seen), 0, :, n:] if stages == 1 else d[: len(seen), :, :, n:].sum(1)
                d_z = d_z.reshape(-1, n)
                d_u.addmm_(d_z.t(), seen.reshape(-1, seen.shape[2]))
                d_b.add_(d_z.sum(0))
                if d_x is not None:
                    d_x[t : t + span] = (d_z @ u).view_as(seen)
                d_both.addmm_(d[: len(seen)].view(-1, 2 * n).t(), y[t : t + len(seen)].view(-1, n))
        return d_x, d_after, d_u, d_b, *d_both.chunk(2), d_e, None, None


def span_of(count: int, batch: int, stages: int) -> int:
    """Return how many steps' products are taken together."""
    return max(1, min(count, ROWS // max(1, batch * stages)))


def _sizes(e: Tensor, count: int) -> list[Any]:
    """Return a step size for each step, or a number if it is one for all, which is faster."""
    return [e.item()] * count if e.numel() == 1 else list(e.expand(count, -1, 1).unbind(0))


def _add(base: Tensor, k: Tensor, size: Any, factor: float, out: Tensor) -> None:
    """Add ``base + factor size k`` into ``out``."""
    if isinstance(size, Tensor):
        torch.addcmul(base, k, size, value=factor, out=out)
    else:
        torch.add(base, k, alpha=factor * size, out=out)


def differentiate_again(
    ctx: Any, inputs: list[Tensor], d_outputs: tuple[Tensor | None, Tensor | None]
) -> tuple[Tensor | None, ...]:
    """Return gradients of the inputs of `unroll_steps` that can be differentiated again."""
    x, h, u, b, a, w, e = inputs
    outputs = unroll_steps(x, h, u, b, a, w, e, ctx.nodes, ctx.weights)
    given = [(y, d) for y, d in zip(outputs, d_outputs, strict=True) if d is not None]
    wanted = [x for x, needed in zip(inputs, ctx.needs_input_grad, strict=False) if needed]
    found = iter(
        torch.autograd.grad([y for y, _ in given], wanted, [d for _, d in given], create_graph=True)
    )
    needed = ctx.needs_input_grad[: len(inputs)]
    return tuple(next(found) if each else None for each in needed)
