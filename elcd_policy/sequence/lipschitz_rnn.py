"""The Lipschitz recurrent network, called like `torch.nn.RNN`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from ..errors import ParameterError, ShapeError
from .cell import LipschitzCell
from .fixed_step import FixedStepUnroll
from .input_checks import input_fault, step_fault
from .integrators import INTEGRATORS, integrator_named
from .stability import StabilityCertificate, layer_stability
from .unroll import Unroll, step, unroll_steps


class LipschitzRNN(nn.Module):
    """A recurrent network in continuous time, integrated in fixed steps.

    Each layer follows, with its input x held during a step (Erichson, Azencot, Queiruga,
    Hodgkinson, Mahoney, "Lipschitz Recurrent Neural Networks", ICLR 2021)::

        h' = A h + tanh(W h + U x + b)

    A and W are each a symmetric and a skew-symmetric part of a free matrix, mixed by beta, less
    gamma times the identity (`LipschitzCell`). The output is h; a layer behind it reads it out.

    That alone promises nothing: with the published settings the sufficient condition for
    stability is already broken by the initial weights. `certificate` says what holds for the
    weights as they are; ``stable=True`` makes it hold for any.

    Parameters
    ----------
    input_size, hidden_size, num_layers, batch_first : as of `torch.nn.RNN`.
    integrator : "euler", "rk2" (explicit midpoint) or "rk4".
    beta_A, beta_W : from 0 (symmetric) to 1 (skew-symmetric); published: 0.75.
    gamma_A, gamma_W : at least 0; published: 0.001.
    eps : step size for one sample.
    learn_eps : train a step size for each layer.
    stable : choose the shift of A from the other weights such that any two trajectories under
        the same input approach each other at the rate gamma_A > 0 per unit of time (eps per
        sample), in continuous time. Whether the steps are small enough says `certificate`.

    Raises
    ------
    ParameterError
        If a size, a number or the integrator's name is out of range.

    Notes
    -----
    What contracts forgets: over hundreds of samples its gradients fade to denormal numbers, and
    a backward takes up to four times as long on a CPU. ``torch.set_flush_denormal(True)`` ends
    that, for everything in the thread, so it is left to the caller.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        batch_first: bool = False,
        *,
        integrator: str = "euler",
        beta_A: float = 0.75,
        beta_W: float = 0.75,
        gamma_A: float = 0.001,
        gamma_W: float = 0.001,
        eps: float = 0.03,
        learn_eps: bool = False,
        stable: bool = False,
    ) -> None:
        super().__init__()
        for name, size in (
            ("input_size", input_size),
            ("hidden_size", hidden_size),
            ("num_layers", num_layers),
        ):
            if size < 1:
                raise ParameterError(f"'{name}' is out of range", got=size, expected="at least 1")
        method = integrator_named(integrator)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.integrator = batch_first, integrator
        self.nodes, self.weights = list(method.nodes), list(method.weights)
        self.cells = nn.ModuleList(
            LipschitzCell(
                hidden_size if layer else input_size,
                hidden_size,
                beta_A=beta_A,
                beta_W=beta_W,
                gamma_A=gamma_A,
                gamma_W=gamma_W,
                eps=eps,
                learn_eps=learn_eps,
                stable=stable,
            )
            for layer in range(num_layers)
        )

    def forward(
        self,
        x: Tensor,
        h: Tensor | None = None,
        lengths: Tensor | None = None,
        dt: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Compute the states after each sample, and the last of every layer.

        Parameters
        ----------
        x : [T, B, input_size], or [B, T, input_size] with ``batch_first``; [T, input_size]
            without a batch.
        h : first states [num_layers, B, hidden_size] ([num_layers, hidden_size] without a
            batch); zero if not given.
        lengths : [B], whole numbers from 1 to T. What lies behind a sequence's end is not looked
            at; the output there is 0, and h_n is of the end.
        dt : time that a sample holds, in units of ``eps``, positive: [T], or [T, B] laid out as
            x; 1 if not given.

        Returns
        -------
        output [T, B, hidden_size] (laid out as x) and h_n [num_layers, B, hidden_size].

        Raises
        ------
        ShapeError
            If something does not fit; in TorchScript a `torch.jit.Error` of the same words.
        """
        if not torch.jit.is_scripting() and isinstance(x, PackedSequence):
            raise ShapeError(
                "LipschitzRNN takes tensors",
                got="a PackedSequence",
                expected="[T, B, input_size] and lengths",
                advice="call elcd_policy.sequence.packed_forward(rnn, packed)",
            )
        size = (self.input_size, self.hidden_size, self.num_layers)
        problem, got, expected = input_fault(x, h, lengths, dt, size, self.batch_first)
        if problem != "":
            self._refuse(problem, got, expected)
        if not torch.jit.is_scripting():
            x, h = self._full_precision(x, h)
        batched = x.dim() == 3
        swapped = batched and self.batch_first
        x = x.transpose(0, 1) if swapped else x if batched else x.unsqueeze(1)
        scale = torch.ones_like(x[:1, :1, :1])
        if dt is not None:
            steps = dt.t() if swapped and dt.dim() == 2 else dt
            scale = (steps if steps.dim() == 2 else steps.unsqueeze(1)).unsqueeze(2).to(x.dtype)
        seen = torch.ones_like(scale) > 0
        if lengths is not None:
            index = torch.arange(x.size(0), device=x.device).unsqueeze(1)
            seen = (index < lengths.to(x.device).unsqueeze(0)).unsqueeze(2)
            # A step of no size leaves a state where it is. What is padded may be anything.
            x, scale = x.masked_fill(~seen, 0.0), scale * seen
        last: list[Tensor] = []
        for layer, cell in enumerate(self.cells):
            u, b, a, w, eps = cell()
            e = eps * scale
            first = a.new_zeros(x.size(1), self.hidden_size)
            if h is not None:
                first = h[layer] if batched else h[layer].unsqueeze(0)
            if torch.jit.is_scripting():
                x, end = unroll_steps(x, first, u, b, a, w, e, self.nodes, self.weights)
            else:
                alike = e.numel() == 1 and not e.requires_grad
                fixed = alike and INTEGRATORS[self.integrator].is_chain
                by_hand = FixedStepUnroll if fixed else Unroll
                with torch.autocast(x.device.type, enabled=False):
                    x, end = by_hand.apply(x, first, u, b, a, w, e, self.nodes, self.weights)
            if lengths is not None:
                x = x.masked_fill(~seen, 0.0)
            last.append(end)
        h_n = torch.stack(last)
        if not batched:
            return x.squeeze(1), h_n.squeeze(1)
        return x.transpose(0, 1) if swapped else x, h_n

    @torch.jit.export
    def step(
        self, x: Tensor, h: Tensor | None = None, dt: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Take one sample of a stream.

        The matrices are made anew from the weights in each call; after `torch.jit.freeze`
        (with ``preserved_attrs=["step"]``) they are constants.

        Parameters
        ----------
        x : [B, input_size] or [input_size].
        h : [num_layers, B, hidden_size] or [num_layers, hidden_size]; zero if not given.
        dt : a number, or [B]; see `forward`.

        Returns
        -------
        output [B, hidden_size] and the new h.

        Raises
        ------
        ShapeError
            As `forward`.
        """
        problem, got, expected = step_fault(
            x, h, dt, (self.input_size, self.hidden_size, self.num_layers)
        )
        if problem != "":
            self._refuse(problem, got, expected)
        batched = x.dim() == 2
        x = x if batched else x.unsqueeze(0)
        states: list[Tensor] = []
        for layer, cell in enumerate(self.cells):
            u, b, a, w, e = cell()
            if dt is not None:
                e = e * dt.to(x.dtype).reshape(-1, 1)
            first = x.new_zeros(x.size(0), self.hidden_size)
            if h is not None:
                first = h[layer] if batched else h[layer].unsqueeze(0)
            x = step(first, F.linear(x, u, b), a, w, e, self.nodes, self.weights)
            states.append(x)
        h_n = torch.stack(states)
        return (x, h_n) if batched else (x.squeeze(0), h_n.squeeze(1))

    @torch.jit.unused
    def _full_precision(self, x: Tensor, h: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Cast to the weights' type under autocast: half precision loses many small steps."""
        if not torch.is_autocast_enabled(x.device.type):
            return x, h
        like = next(self.parameters())
        return x.to(like.dtype), None if h is None else h.to(like.dtype)

    def _refuse(self, problem: str, got: str, expected: str) -> None:
        if torch.jit.is_scripting():
            raise ValueError(f"{problem}: got {got}, expected {expected}")
        else:
            raise ShapeError(problem, got=got, expected=expected)

    @torch.jit.unused
    @torch.no_grad()
    def certificate(self, dt: float = 1.0) -> StabilityCertificate:
        """Certify the weights as they are; see `StabilityCertificate`.

        Parameters
        ----------
        dt : the longest time that a sample holds, in units of ``eps``.

        Raises
        ------
        ParameterError
            If the weights are not finite, or dt is not positive.
        """
        layers = []
        for cell in self.cells:
            _, _, a, w, eps = cell()
            layers.append(layer_stability(a, w, dt * float(eps), self.integrator))
        return StabilityCertificate(tuple(layers))
