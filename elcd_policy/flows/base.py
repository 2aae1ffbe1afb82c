"""The interface of a flow that can carry velocities from latent to data space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import normflows as nf
import torch
from torch import Tensor, nn

from ..errors import ExportError, ParameterError
from ..utils.c_source import CFlow


class TangentFlow(nf.flows.Flow):
    """A `normflows.flows.Flow` that also pushes tangent vectors from latent to data space.

    With ``z = phi(x)``, a velocity ``dz`` in latent space is ``dx = D(phi^-1)(z) dz`` in data
    space. The activations of `encode` are all that is needed to apply that Jacobian, so no
    Jacobian is ever built or inverted: `encode` hands them out as a tape, `pushforward` takes
    them back.

    A subclass implements `encode`, `decode` and `pushforward`, marked `torch.jit.export` and
    written so that TorchScript can compile them, and normflows' own `forward` (latent to data)
    and `inverse` (data to latent), each with the log-determinant of its Jacobian.
    """

    #: False where TorchScript can't compile the flow: it trains and runs, but can't be exported.
    scriptable = True

    def describe(self) -> dict[str, Any]:
        """Return what `from_description` makes such a flow of, as JSON can say it.

        It is also asked of the data of a flow in a file, before there is a flow: it may use
        plain attributes and the shapes of weights only.
        """
        raise NotImplementedError

    @classmethod
    def from_description(cls, dimension: int, description: Mapping[str, Any]) -> TangentFlow:
        """Return a flow of d = ``dimension`` coordinates, its weights still to be loaded."""
        return cls(dimension, **description)

    def c_source(self, suffix: str) -> CFlow:
        """Return the flow in C, in float32, for a policy's header.

        Besides ``<math.h>`` it may call ``@name@_layer`` and the other functions at the head of
        `elcd_policy.formats.c.c_code`.

        Parameters
        ----------
        suffix : what ends every name that is declared, so that each flow of a row has its own.

        Raises
        ------
        ExportError
            If the class does not implement it.
        """
        raise ExportError(
            "this policy can't be written as C",
            got=f"a flow of {type(self).__name__}, which has no C source",
            expected="a flow that implements c_source",
            advice="implement it in that class or write the policy as *.pt",
        )

    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Map data ``x`` [N, d] to latent ``z = phi(x)`` [N, d] and the tape for `pushforward`."""
        raise NotImplementedError

    def decode(self, z: Tensor) -> Tensor:
        """Map latent ``z`` [N, d] to data ``x = phi^-1(z)`` [N, d]."""
        raise NotImplementedError

    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        """Map the latent velocity ``dz`` [N, d] at the encoded point to data velocity [N, d].

        Takes its activations off the end of ``tape``, so a tape serves once.
        """
        raise NotImplementedError


#: By class name: flows that can be rebuilt from a description.
FLOWS: dict[str, type[TangentFlow]] = {}


def register_flow(flow: type[TangentFlow]) -> type[TangentFlow]:
    """Make a flow known to files that are read and to certificates; returns it.

    Raises
    ------
    ParameterError
        If another flow of that class name is known already.
    """
    if FLOWS.setdefault(flow.__name__, flow) is not flow:
        raise ParameterError(
            "a flow of that name is registered", got=flow.__name__, expected="a new name"
        )
    return flow


def find_flow(class_name: str) -> type[TangentFlow] | None:
    """Return the flow of a class name, as files have it; None if there is none."""
    return FLOWS.get(class_name)


def describe_flow(flow: Any) -> dict[str, Any]:
    """Return the description of a flow, or of the data of one in a file, with its class name.

    Raises
    ------
    TypeError
        If its class is not registered.
    """
    name = str(getattr(flow, "original_name", type(flow).__name__))
    cls = find_flow(name)
    if cls is None:
        raise TypeError(f"a {name}, which is neither of this library nor registered")
    return {"kind": name, **cls.describe(flow)}


def build_flow(dimension: int, description: Mapping[str, Any]) -> TangentFlow:
    """Return the flow that `describe_flow` described, its weights still to be loaded.

    Raises
    ------
    TypeError
        If its class is not registered.
    """
    options = {key: value for key, value in description.items() if key != "kind"}
    cls = find_flow(str(description["kind"]))
    if cls is None:
        raise TypeError(f"a {description['kind']}, which is not registered")
    return cls.from_description(dimension, options)


@register_flow
class CompositeFlow(TangentFlow):
    """Several flows in a row; data passes the first one first on its way to latent space.

    Parameters
    ----------
    flows : the flows, in the order in which `encode` applies them.
    """

    def __init__(self, flows: Iterable[TangentFlow]) -> None:
        super().__init__()
        self.flows = nn.ModuleList(flows)
        self.scriptable = all(bool(flow.scriptable) for flow in self.flows)

    def describe(self) -> dict[str, Any]:
        return {"flows": [describe_flow(flow) for flow in self.flows.children()]}

    @classmethod
    def from_description(cls, dimension: int, description: Mapping[str, Any]) -> TangentFlow:
        return cls(build_flow(dimension, flow) for flow in description["flows"])

    def c_source(self, suffix: str) -> CFlow:
        parts: list[CFlow] = [
            flow.c_source(f"{suffix}_{index}")  # type: ignore[operator]
            for index, flow in enumerate(self.flows)
        ]
        return CFlow(
            declarations="\n".join(part.declarations for part in parts),
            encode="\n".join(part.encode for part in parts),
            pushforward="\n".join(part.pushforward for part in reversed(parts)),
        )

    @torch.jit.export
    def encode(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        tape: list[Tensor] = []
        for flow in self.flows:
            x, layer_tape = flow.encode(x)  # type: ignore[operator]
            tape.extend(layer_tape)
        return x, tape

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        for flow in self.flows[::-1]:
            z = flow.decode(z)  # type: ignore[operator]
        return z

    @torch.jit.export
    def pushforward(self, tape: list[Tensor], dz: Tensor) -> Tensor:
        for flow in self.flows[::-1]:
            dz = flow.pushforward(tape, dz)  # type: ignore[operator]
        return dz

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        log_det = torch.zeros_like(z[:, 0])
        for flow in self.flows[::-1]:
            z, layer_log_det = flow.forward(z)
            log_det = log_det + layer_log_det
        return z, log_det

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_det = torch.zeros_like(x[:, 0])
        for flow in self.flows:
            x, layer_log_det = flow.inverse(x)  # type: ignore[operator]
            log_det = log_det + layer_log_det
        return x, log_det
