"""Runtimes of a control tick: a policy or a plain network made ready, as one call."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from elcd_policy import LoadedPolicy
from elcd_policy.errors import MissingExtraError
from elcd_policy.formats import OnnxRuntime

from .c_runtime import c_plain, c_policy

Tick = Callable[[], object]


@dataclass(frozen=True)
class Runtime:
    """A runtime that policies can be served on.

    Parameters
    ----------
    suffix : of the policy files that it runs.
    policy : a policy from such a file and ``x`` [N, d] to one call of its forward.
    network : the same for a plain network.
    loads : whether `load` serves such a file on it.
    """

    suffix: str
    policy: Callable[[LoadedPolicy, Tensor], Tick]
    network: Callable[[nn.Sequential, Tensor], Tick]
    loads: bool = True


def plain_network(dimension: int) -> nn.Sequential:
    """Return the yardstick: d-64-64-d with tanh, a policy that guarantees nothing."""
    return nn.Sequential(
        nn.Linear(dimension, 64),
        nn.Tanh(),
        nn.Linear(64, 64),
        nn.Tanh(),
        nn.Linear(64, dimension),
    ).eval()


def torchscript(module: nn.Module | torch.jit.ScriptModule, x: Tensor) -> Tick:
    """Return one call of ``module`` on ``x`` [N, d], optimised; for `torch.inference_mode`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit.*")
        scripted = (
            module if isinstance(module, torch.jit.ScriptModule) else torch.jit.script(module)
        )
        fast = torch.jit.optimize_for_inference(scripted.eval())

    # As served: the context is entered once, and a module's call would add its own lookups.
    return functools.partial(fast.forward, x)


def onnx_policy(policy: LoadedPolicy, x: Tensor) -> Tick:
    """Return one call of the graph in an ONNX policy file, the goal being an input."""
    runtime, positions = policy.runtime, x.numpy()
    assert runtime is not None
    goal = policy.get_goal().astype(np.float32)
    return lambda: runtime.velocity(positions, goal)


def onnx_network(network: nn.Sequential, x: Tensor) -> Tick:
    """Return one call of a row of linear layers with tanh between them, as an ONNX graph."""
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ModuleNotFoundError as error:
        raise MissingExtraError("onnx", "onnx") from error
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    nodes, constants, value = [], [], "x"
    for index, layer in enumerate(layers):
        names = [f"weight_{index}", f"bias_{index}"]
        for name, tensor in zip(names, (layer.weight, layer.bias), strict=True):
            constants.append(numpy_helper.from_array(tensor.detach().numpy(), name))
        last = index == len(layers) - 1
        out = "velocity" if last else f"linear_{index}"
        nodes.append(helper.make_node("Gemm", [value, *names], [out], transB=1))
        if not last:
            value = f"tanh_{index}"
            nodes.append(helper.make_node("Tanh", [out], [value]))
    graph = helper.make_graph(
        nodes,
        "plain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", x.shape[1]])],
        [helper.make_tensor_value_info("velocity", TensorProto.FLOAT, ["N", x.shape[1]])],
        constants,
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 18)])
    runtime, inputs = OnnxRuntime(model.SerializeToString()), {"x": x.numpy()}
    return lambda: runtime.run(None, inputs)[0]


#: Name of a runtime -> how a policy and a network are made ready on it.
RUNTIMES = {
    "TorchScript": Runtime(".pt", lambda policy, x: torchscript(policy.module, x), torchscript),
    "ONNX Runtime": Runtime(".onnx", onnx_policy, onnx_network),
    "C": Runtime(".pt", c_policy, c_plain, loads=False),
}
