"""The interface of every latent field."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from ..errors import ExportError, ParameterError

#: Rates at which a fresh field's slowest and fastest directions decay, per demonstrated
#: duration, whatever smaller rate is guaranteed.
FIRST_RATES = (6.7, 10.0)
#: What the slowest of them is above the guaranteed rate, at least.
LEAST_EXCESS = 2.7


def first_excess(dimension: int, rate: float) -> Tensor:
    """Return by how much the linear rates [d] of a fresh field exceed the guaranteed ``rate``.

    They are distinct: the slow first direction becomes the path, the others lead back to it.
    """
    slowest, fastest = FIRST_RATES
    lift = max(slowest - rate, LEAST_EXCESS)
    return lift + torch.linspace(0.0, fastest - slowest, dimension)


class OnnxNodes(Protocol):
    """An ONNX graph in the making."""

    def node(self, operator: str, *inputs: Any, **attributes: int) -> str:
        """Add a node on results (by name) and constants (tensors); return its result's name."""


class LatentField(nn.Module, ABC):
    """A vector field ``de/dt = f(e)`` on ``e = z - z*`` that contracts by construction.

    Time is in units of the demonstrated duration, so ``rate`` is the number of e-foldings
    guaranteed while a demonstration lasts. For whatever weights, ``f(0) = 0`` and the
    inequality of the field's `kind` holds.

    Parameters
    ----------
    dimension : d >= 1.
    rate : c > 0, the guaranteed contraction rate per demonstrated duration.
    width : hidden units, for a field that has some.
    """

    #: What is contracted: "equilibrium contraction" or "contraction of every pair".
    kind: ClassVar[str]
    #: Why that holds for whatever weights, in one line. A policy of a field that states no proof
    #: is never certified.
    proof: ClassVar[str] = ""

    def __init__(self, dimension: int, *, rate: float, width: int = 32) -> None:
        super().__init__()
        if not rate > 0:
            raise ParameterError(
                "a contraction rate is out of range",
                got=rate,
                expected="above 0 (e-foldings per demonstrated duration)",
            )
        self.dimension = dimension
        self.rate = rate

    @abstractmethod
    def forward(self, e: Tensor) -> Tensor:
        """Return velocity [N, d] at offsets ``e`` [N, d] from the latent goal."""

    def describe(self) -> dict[str, Any]:
        """Return what `from_description` makes such a field of, as JSON can say it.

        It is also asked of the data of a field in a file, before there is a field: it may use
        plain attributes and the shapes of weights only.
        """
        return {"rate": self.rate}

    def linearisation(self, e: Tensor) -> Tensor | None:
        """Return A(e) [N, d, d] of ``f(e) = A(e) e`` if the proof rests on its symmetric part.

        A certificate then checks that the largest eigenvalue of ``sym A(e) + c I`` is not above
        0. A can't be known from the values of f; it is read off the weights.
        """
        return None

    @classmethod
    def from_description(cls, dimension: int, description: Mapping[str, Any]) -> LatentField:
        """Return a field of d = ``dimension`` coordinates, its weights still to be loaded."""
        return cls(dimension, **description)

    def c_source(self) -> str:
        """Return C source of ``static inline void @name@_field(const float *e, float *f)``.

        It puts f(e) [d] in ``f``, in float32. ``@name@`` stands for the header's prefix and
        ``@D@`` for d. Besides ``<math.h>`` it may call ``@name@_layer`` and the other functions
        at the head of `elcd_policy.formats.c.c_code`.

        Raises
        ------
        ExportError
            If the class does not implement it.
        """
        raise _not_written(self, "C", "c_source")

    def onnx_nodes(self, graph: OnnxNodes, e: str, into: Tensor) -> str:
        """Add nodes of the product ``f(e) @ into`` [N, k]; return the name of its result.

        It is also asked of a scripted field: like `describe`, it may use plain attributes and
        weights only.

        Parameters
        ----------
        graph : to which nodes are added.
        e : name of the offsets with a 1 behind each, [N, d + 1], so that a matrix can hold biases.
        into : [d, k].

        Raises
        ------
        ExportError
            If the class does not implement it.
        """
        raise _not_written(self, "ONNX", "onnx_nodes")

    @abstractmethod
    def linear_rates(self) -> Tensor:
        """Return the decay rates [d] > ``rate`` of the field's linear part, ``f(e) = -rates * e``.

        The field starts as this linear part alone; training fits the flow to it first, since
        its trajectories are known in closed form.
        """


def _not_written(field: Any, language: str, method: str) -> ExportError:
    name = getattr(field, "original_name", type(field).__name__)
    return ExportError(
        f"this field can't be written as {language}",
        got=f"a {name}, which has no {method}",
        expected=f"a field that implements {method}",
        advice="implement it in that class or write the policy as *.pt",
    )
