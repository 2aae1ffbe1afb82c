"""A served policy's forward as an ONNX graph of as few nodes as possible.

Laid by hand: of six couplings in two dimensions it has 88 nodes and answers in 27 us, where
`torch.onnx` writes 153 nodes that take 33 us, without the goal as an input, by an exporter that
is deprecated (its successor needs one more package, onnxscript).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import ExportError
from ...fields import find_field

#: The first operators and files that have all that is used here.
OPSET, IR = 18, 8
#: Up to here one product of two selections costs less than the two.
SMALL = 8


def velocity_graph(policy: Any) -> Any:
    """Return an `onnx.ModelProto` of ``velocity = forward(x; goal)`` in float32.

    Inputs: ``x`` [N, d] with N >= 1, and ``goal`` [d], which may be left out and is then the
    policy's own. Output: ``velocity`` [N, d], in the policy's units per s. The operations are
    those of `ServedPolicy`; scalings are multiplied into the weights next to them.

    Parameters
    ----------
    policy : a `ServedPolicy`, eager or scripted.

    Raises
    ------
    ExportError
        If it is another module, or its field is not registered or has no ``onnx_nodes``.
    """
    if not hasattr(policy, "couplings"):
        raise ExportError(
            "this policy can't be written as ONNX",
            got="another forward than that of a row of affine couplings",
            expected="a policy of two dimensions or more, as trained",
            advice="write it as *.pt",
        )
    graph, couplings = _Graph(), policy.couplings
    layers = list(couplings.layers.children())
    graph.constants["goal"] = _array(policy.goal)
    offset = graph.node("Sub", "x", "goal")
    inward = couplings.embed / policy.scale.view(-1, 1)
    state = graph.node("Gemm", offset, inward, couplings.hom)
    base = math.exp(float(couplings.bound))
    hidden: list[str] = []
    bounded: list[str] = []
    states: list[str] = []
    for layer in layers:
        # Gemm, where MatMul is cheaper otherwise: ONNX Runtime fuses it with tanh.
        hidden.append(graph.node("Tanh", graph.node("Gemm", state, layer.hidden)))
        bounded.append(graph.node("Tanh", graph.node("Gemm", hidden[-1], layer.scale)))
        states.append(state)
        scaled = graph.node("Mul", state, graph.node("Pow", [base], bounded[-1]))
        state = graph.node("Gemm", hidden[-1], layer.shift, scaled)
    h, b, before = (graph.node("Concat", *parts, axis=0) for parts in (hidden, bounded, states))
    slopes = graph.split(graph.node("Sub", [1.0], graph.node("Mul", h, h)), len(layers))
    moved = graph.node("Mul", graph.node("Sub", [1.0], graph.node("Mul", b, b)), before)
    factors = graph.node("Concat", moved, graph.node("Pow", [1.0 / base], b), axis=1)
    parts = list(zip(layers, slopes, graph.split(factors, len(layers)), strict=True))
    tangent = _latent_velocity(graph, policy, state)
    for index in reversed(range(len(layers))):
        layer, slope, factor = parts[index]
        after = layer.after if index else layer.after * (policy.scale / policy.time_scale)
        tangent = graph.node("MatMul", graph.node("Mul", tangent, slope), layer.back)
        tangent = graph.node("MatMul", graph.node("Mul", tangent, factor), after)
    return graph.model(policy.dimension)


def _latent_velocity(graph: _Graph, policy: Any, state: str) -> str:
    """At states ``(z, 1)`` [N, n], as tangents of the last coupling's hidden units."""
    last = policy.couplings.last
    if hasattr(policy.law, "entries"):
        law = policy.law
        # The constant 1 of a state subtracts the goal's; `factor` selects, so that is exact.
        offset = torch.eye(len(law.hidden))
        offset[-1] -= policy.latent_state[0]
        h = graph.node("Tanh", graph.node("Gemm", state, offset @ law.hidden))
        entries = graph.node("MatMul", h, law.entries)
        once = graph.node("Mul", entries, graph.node("MatMul", state, offset @ law.factor))
        if policy.dimension <= SMALL:
            twice = graph.node("MatMul", once, law.product @ law.spread)
        else:
            twice = graph.node("MatMul", graph.node("MatMul", once, law.product), law.spread)
        return graph.node("MatMul", graph.node("Mul", entries, twice), law.total @ last)
    e = graph.node("Sub", state, policy.latent_state)
    field = policy.field
    name = str(getattr(field, "original_name", type(field).__name__))
    cls = find_field(name)
    if cls is None:
        raise ExportError(
            "this field can't be written as ONNX",
            got=f"a {name}",
            expected="a field of this library or a registered one",
            advice="register it by register_field or write the policy as *.pt",
        )
    return cls.onnx_nodes(field, graph, e, last)


class _Graph:
    """Nodes and constants, named as they come."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[np.float32]] = {}

    def node(self, operator: str, *inputs: Any, **attributes: int) -> str:
        """Add a node on results (by name) and constants; returns its result's name."""
        return self._add(operator, inputs, 1, attributes)[0]

    def split(self, value: str, count: int) -> list[str]:
        """Equal parts along the first axis."""
        return self._add("Split", (value,), count, {"axis": 0, "num_outputs": count})

    def _add(
        self, operator: str, inputs: tuple[Any, ...], count: int, attributes: dict[str, Any]
    ) -> list[str]:
        from onnx import helper

        names = [value if isinstance(value, str) else self._constant(value) for value in inputs]
        outputs = [f"{operator.lower()}_{len(self.nodes)}_{index}" for index in range(count)]
        self.nodes.append(helper.make_node(operator, names, outputs, **attributes))
        return outputs

    def _constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants[name] = _array(torch.as_tensor(value))
        return name

    def model(self, dimension: int) -> Any:
        """Return the whole; its result is that of the last node."""
        from onnx import TensorProto, helper, numpy_helper

        def described(name: str, shape: list[Any]) -> Any:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        self.nodes[-1].output[0] = "velocity"
        graph = helper.make_graph(
            self.nodes,
            "policy",
            [described("x", ["N", dimension]), described("goal", [dimension])],
            [described("velocity", ["N", dimension])],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        return helper.make_model(
            graph,
            producer_name="elcd_policy",
            ir_version=IR,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )


def _array(value: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(value.detach().numpy(), dtype=np.float32)
