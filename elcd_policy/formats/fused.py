"""A policy's forward in few, large tensor operations: the same function, less dispatch.

At one position, a control tick's arithmetic takes some microseconds and the rest is the cost of
starting each operation. Here the weights are laid out anew, once, such that no operation only
moves numbers about: states carry a 1 that brings the biases into the matrix products, couplings
act on whole states instead of halves, and the tangents of all couplings are prepared at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..fields import ElcdField
from ..flows import AffineCoupling, CompositeFlow
from ..policy import MotionPolicy

#: Its tanh is 1, in float64 too: a hidden unit that carries the biases of the next layer.
SATURATED = 30.0


class FusedCoupling(nn.Module):
    """The weights of one coupling, laid out for states ``(y, 1)`` [N, n] with n = d + 1.

    The hidden layer has w + 1 + n units: those of the coupling, one that is always 1, and n that
    are always 0, hence of slope 1, through which a tangent passes unchanged.

    Parameters
    ----------
    coupling : copied; nothing is rounded as long as ``max_log_scale`` is a power of 2.
    after : [n, k], what the tangent [N, n] in front of this coupling is multiplied by next.
    """

    def __init__(self, coupling: AffineCoupling, after: Tensor) -> None:
        super().__init__()
        self.hidden: Tensor
        self.scale: Tensor
        self.shift: Tensor
        self.back: Tensor
        self.after: Tensor
        condition, moved = coupling.hidden.in_features, coupling.moved
        n = condition + moved + 1
        bound = coupling.max_log_scale
        eye = torch.eye(n).to(after)
        constant = F.pad(torch.full((1,), SATURATED).to(after), (coupling.hidden.out_features, n))
        seen = (coupling.cut, 0) if coupling.flip else (0, moved)
        self.register_buffer(
            "hidden",
            torch.cat(
                [
                    F.pad(coupling.hidden.weight.t(), (0, 1 + n, *seen)),
                    F.pad(coupling.hidden.bias[None], (0, 1 + n)) + constant,
                ]
            ),
        )
        # With their biases as the constant unit's row, at the moved coordinates.
        rows = torch.cat([coupling.out.weight.t(), coupling.out.bias[None]])
        place = (0, condition + 1) if coupling.flip else (condition, 1)
        scale, shift = (F.pad(part, (*place, 0, n)) for part in rows.split(moved, dim=1))
        self.register_buffer("scale", scale / bound)
        self.register_buffer("shift", shift)
        # Tangents of the hidden units and of the state to (-ds / (1 - tanh^2), dz - dt).
        passed = torch.cat([torch.zeros_like(shift[:-n]), eye])
        self.register_buffer("back", torch.cat([-scale, passed - shift], dim=1))
        self.register_buffer("after", torch.cat([after, after]))

    def enter(self) -> Tensor:
        """[n, w + 1 + n], what turns a tangent of the state into tangents of the hidden units."""
        n = len(self.hidden)
        tangents = self.hidden.clone()
        tangents[-1] = 0.0
        tangents[:, -n:] = torch.eye(n).to(tangents)
        return tangents


class FusedCouplings(nn.Module):
    """A row of affine couplings as one: encode, and the tangent pushed back.

    Parameters
    ----------
    couplings : of one width and one bound.
    """

    def __init__(self, couplings: Sequence[AffineCoupling]) -> None:
        super().__init__()
        self.hom: Tensor
        self.embed: Tensor
        self.bound: Tensor
        self.one: Tensor
        self.last: Tensor
        first = couplings[0]
        self.n = first.hidden.in_features + first.moved + 1
        self.units = first.hidden.out_features + 1 + self.n
        eye = torch.eye(self.n).to(first.hidden.weight)
        after, layers = eye[:, :-1], []
        for coupling in couplings:
            layers.append(FusedCoupling(coupling, after))
            after = layers[-1].enter()
        self.layers = nn.ModuleList(layers)
        self.register_buffer("hom", eye[-1])
        self.register_buffer("embed", eye[:-1])
        self.register_buffer("bound", torch.full_like(eye[0, :1], first.max_log_scale))
        self.register_buffer("one", torch.ones_like(eye[0, :1]))
        self.register_buffer("last", after[:-1])

    def encode(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``y`` [N, d] to ``(z, 1)`` [N, n], with what `pushforward` needs of all couplings.

        Returns
        -------
        The state, the slopes of the hidden units [K, N, w + 1 + n], and [K, N, 2 n] the factors
        ``b (1 - tanh^2)`` and ``exp(-s)``.
        """
        state = torch.addmm(self.hom, y, self.embed)
        hidden: list[Tensor] = []
        bounded: list[Tensor] = []
        scales: list[Tensor] = []
        states: list[Tensor] = []
        for layer in self.layers:
            h = torch.tanh(torch.mm(state, layer.hidden))  # type: ignore[arg-type]
            b = torch.tanh(torch.mm(h, layer.scale))  # type: ignore[arg-type]
            scale = torch.exp(b * self.bound)
            hidden.append(h)
            bounded.append(b)
            scales.append(scale)
            states.append(state)
            shifted = torch.mm(h, layer.shift)  # type: ignore[arg-type]
            state = torch.addcmul(shifted, state, scale)
        h, b = torch.cat(hidden), torch.cat(bounded)
        slopes = torch.addcmul(self.one, h, h, value=-1)
        moved = torch.addcmul(self.one, b, b, value=-1) * torch.cat(states)
        factors = torch.cat([moved, torch.reciprocal(torch.cat(scales))], dim=1)
        count = len(hidden)
        return state, slopes.view(count, -1, self.units), factors.view(count, -1, 2 * self.n)

    def pushforward(self, slopes: Tensor, factors: Tensor, dz: Tensor) -> Tensor:
        """Latent velocity ``dz`` [N, d] at the encoded point to data velocity [N, d]."""
        slope, factor = slopes.unbind(0), factors.unbind(0)
        tangent = torch.mm(dz, self.last)
        index = len(slope)
        for layer in self.layers[::-1]:
            index -= 1
            tangent = torch.mm(tangent * slope[index], layer.back)  # type: ignore[arg-type]
            tangent = torch.mm(tangent * factor[index], layer.after)  # type: ignore[arg-type]
        return tangent


class FusedElcd(nn.Module):
    """`ElcdField` on ``(e, 1)`` [N, n], its matrices as rows of entries instead of matrices.

    A row holds the entries of L, those of ``U - U^T - c I`` and d ones: ``f = S e - L^T L e`` is
    two products with it, entry by entry, and sums between.
    """

    def __init__(self, field: ElcdField) -> None:
        super().__init__()
        self.hidden: Tensor
        self.entries: Tensor
        self.factor: Tensor
        self.product: Tensor
        self.spread: Tensor
        self.total: Tensor
        d, width = field.dimension, field.hidden.out_features
        eye = torch.eye(d).to(field.hidden.weight)
        constant = F.pad(torch.full_like(eye[0, :1], SATURATED), (width, 0))
        self.register_buffer(
            "hidden",
            torch.cat(
                [
                    F.pad(field.hidden.weight.t(), (0, 1)),
                    F.pad(field.hidden.bias[None], (0, 1)) + constant,
                ]
            ),
        )
        weights = torch.cat([field.out.weight.t(), field.out.bias[None]])
        matrix = weights.view(width + 1, d, d)
        skew = matrix.triu(1) - matrix.triu(1).transpose(1, 2)
        skew[-1] -= field.rate * eye
        rows, columns = torch.tril_indices(d, d)
        unit = torch.zeros(width + 1, d).to(eye)
        unit[-1] = 1.0
        none = torch.zeros(d, d).to(eye)
        entries = [matrix[:, rows, columns], skew.flatten(1), unit]
        self.register_buffer("entries", torch.cat(entries, dim=1))
        # By what each entry is multiplied: its column's coordinate, then ...
        repeated = torch.cat([eye[:, columns], eye.repeat(1, d), none], dim=1)
        self.register_buffer("factor", F.pad(repeated, (0, 0, 0, 1)))
        # ... -(L e) of its row; the ones keep S e.
        lower, square = torch.zeros_like(eye[rows]), torch.zeros(d * d, d).to(eye)
        product = [
            torch.cat([-eye[rows], lower], dim=1),
            torch.cat([square, eye.repeat_interleave(d, dim=0)], dim=1),
            torch.cat([none, none], dim=1),
        ]
        self.register_buffer("product", torch.cat(product))
        spread = [
            torch.cat([eye[:, rows], square.t(), none], dim=1),
            torch.cat([lower.t(), square.t(), eye], dim=1),
        ]
        self.register_buffer("spread", torch.cat(spread))
        self.register_buffer("total", torch.cat([eye[columns], square, eye]))

    def forward(self, e: Tensor) -> Tensor:
        entries = torch.mm(torch.tanh(torch.mm(e, self.hidden)), self.entries)
        once = torch.mm(entries * torch.mm(e, self.factor), self.product)
        return torch.mm(entries * torch.mm(once, self.spread), self.total)


class PlainField(nn.Module):
    """Any other field, on ``(e, 1)`` [N, n]."""

    def __init__(self, field: nn.Module) -> None:
        super().__init__()
        self.law = field

    def forward(self, e: Tensor) -> Tensor:
        return self.law(e[:, :-1])


class ServedPolicy(MotionPolicy):
    """A policy with a fused `forward`; everything else is the policy's own.

    Parameters
    ----------
    policy : with a row of affine couplings for a flow (see `fusible`).
    """

    def __init__(self, policy: MotionPolicy) -> None:
        super().__init__(
            policy.flow, policy.field, scale=policy.scale.numpy(), metadata=policy.metadata
        )
        self.latent_state: Tensor
        # As the policy has them, even where they are wrong: its certificate has to find that.
        for name, value in policy.named_buffers(recurse=False):
            self.get_buffer(name).copy_(value)
        self.couplings = FusedCouplings(policy.flow.flows)
        field = policy.field
        self.law = FusedElcd(field) if type(field) is ElcdField else PlainField(field)
        self.register_buffer("latent_state", F.pad(self.latent_goal, (0, 1)))

    def forward(self, x: Tensor) -> Tensor:
        """As `MotionPolicy.forward`."""
        y = (x.to(self.goal.dtype) - self.goal) / self.scale
        z, slopes, factors = self.couplings.encode(y)
        dz = self.law(z - self.latent_state)
        dy = self.couplings.pushforward(slopes, factors, dz)
        return dy * (self.scale / self.time_scale)


def fusible(policy: MotionPolicy) -> bool:
    """Return whether `ServedPolicy` takes it: a row of affine couplings of one size."""
    flow = policy.flow
    if type(flow) is not CompositeFlow or not len(flow.flows):
        return False
    sizes = {
        (layer.hidden.out_features, layer.max_log_scale) if type(layer) is AffineCoupling else None
        for layer in flow.flows
    }
    return len(sizes) == 1 and None not in sizes


def served(policy: MotionPolicy) -> MotionPolicy:
    """Return the policy as it is served: with a fused `forward` where its flow allows that."""
    return ServedPolicy(policy).eval().requires_grad_(False) if fusible(policy) else policy
