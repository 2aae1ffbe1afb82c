"""ONNX policy files: the graph that is served, and inside it the policy it was made from."""

from __future__ import annotations

import base64
import hashlib
import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MissingExtraError, PolicyFileError
from .onnx_graph import velocity_graph

EXPECTED = "a policy file written by `elcd train` or `elcd.save`"
AGAIN = "export it again"
ARCHIVE, METADATA, DIGEST = "policy.pt", "metadata.json", "sha256"


class OnnxRuntime:
    """The graph of a policy file, run by ONNX Runtime on one thread.

    Parameters
    ----------
    graph : a serialised model with the inputs ``x`` and ``goal`` of `velocity_graph`.
    """

    def __init__(self, graph: bytes) -> None:
        self.run = inference_session(graph).run

    def velocity(self, x: NDArray[np.float32], goal: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the velocity [N, d] at positions ``x`` [N, d], the goal at ``goal`` [d]."""
        if not len(x):
            return x
        velocity: NDArray[np.float32] = self.run(None, {"x": x, "goal": goal})[0]
        return velocity


def inference_session(graph: bytes, **options: Any) -> Any:
    """ONNX Runtime's session of a serialised model, on one thread; see its `SessionOptions`."""
    runtime = _module("onnxruntime")
    chosen = runtime.SessionOptions()
    chosen.intra_op_num_threads = chosen.inter_op_num_threads = 1
    # It warns of what is meant: a goal that may be left out.
    chosen.log_severity_level = 3
    for name, value in options.items():
        setattr(chosen, name, value)
    return runtime.InferenceSession(graph, chosen, providers=["CPUExecutionProvider"])


def require_onnx() -> None:
    """Raise a MissingExtraError unless ONNX files can be written, read and run."""
    for name in ("onnx", "onnxruntime"):
        _module(name)


def onnx_content(policy: Any, archive: bytes, metadata: str) -> bytes:
    """Return an ONNX file of the policy.

    Parameters
    ----------
    policy : a `ServedPolicy`, eager or scripted.
    archive : the TorchScript file of the same policy, which the ONNX file keeps for the
        certificate, for rollouts and for latent points.
    metadata : the policy's, as JSON, for whoever reads the file without this library.

    Raises
    ------
    ExportError
        If there is no ONNX graph for the policy.
    MissingExtraError
        Without onnx and onnxruntime.
    """
    require_onnx()
    model = velocity_graph(policy)
    texts = {METADATA: metadata, ARCHIVE: base64.b64encode(archive).decode()}
    for key, text in texts.items():
        model.metadata_props.add(key=key, value=text)
    # ONNX has no checksums.
    model.metadata_props.add(key=DIGEST, value=_digest(model))
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def is_onnx(path: Path, content: bytes) -> bool:
    """Whether a file is an ONNX model: no archive, and begun with the version of its format."""
    return content[:2] != b"PK" and (path.suffix == ".onnx" or content[:1] == b"\x08")


def read_onnx(path: Path, content: bytes) -> tuple[Any, bytes, str]:
    """Return the model, the TorchScript archive and the metadata of an ONNX policy file.

    Raises
    ------
    PolicyFileError
        If the file is damaged or was not written by this library.
    MissingExtraError
        Without onnx and onnxruntime.
    """
    require_onnx()
    onnx = _module("onnx")
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own root of errors is Exception
        raise PolicyFileError(
            f"{path} can't be read", got="no ONNX model", expected=EXPECTED
        ) from error
    texts = {item.key: item.value for item in model.metadata_props}
    if not {ARCHIVE, METADATA, DIGEST} <= texts.keys():
        raise PolicyFileError(
            f"{path} is not from this library",
            got="an ONNX model without our metadata",
            expected=EXPECTED,
        )
    kept = [item for item in model.metadata_props if item.key != DIGEST]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    try:
        if _digest(model) != texts[DIGEST]:
            raise ValueError("a wrong checksum")
        archive = base64.b64decode(texts[ARCHIVE], validate=True)
    except ValueError as error:
        raise PolicyFileError(
            f"{path} can't be read", got=str(error)[:120], expected=EXPECTED, advice=AGAIN
        ) from error
    del model.metadata_props[:]
    return model, archive, texts[METADATA]


def graph_runtime(policy: Any) -> OnnxRuntime:
    """Return a runtime of the graph of a `LoadedPolicy`, in its module's stead.

    Raises
    ------
    ExportError
        If there is no ONNX graph for the policy.
    MissingExtraError
        Without onnx and onnxruntime.
    """
    require_onnx()
    return OnnxRuntime(velocity_graph(policy.module).SerializeToString())


def serve_onnx(path: Path, model: Any, policy: Any) -> OnnxRuntime:
    """Return a runtime of the graph of a policy, which is to be the graph of its file.

    Parameters
    ----------
    model : of the file; it is compared and not run.
    policy : rebuilt from the policy inside the file.

    Raises
    ------
    PolicyFileError
        If it is another graph.
    """
    own = velocity_graph(policy)
    difference = find_graph_difference(model, own)
    if difference:
        raise PolicyFileError(
            f"{path} is not what this library writes for its weights",
            got=difference,
            expected=EXPECTED,
            advice=AGAIN,
        )
    return OnnxRuntime(own.SerializeToString())


def find_graph_difference(stored: Any, own: Any) -> str:
    """Return what a model's graph and our own differ in; empty if in nothing but rounding."""
    numpy_helper = _module("onnx.numpy_helper")
    theirs, ours = stored.graph, own.graph
    for name in ("ir_version", "opset_import", "functions"):
        if getattr(stored, name) != getattr(own, name):
            return f"another {name}"
    for name in ("input", "output", "sparse_initializer", "quantization_annotation"):
        if list(getattr(theirs, name)) != list(getattr(ours, name)):
            return f"another {name} of the graph"
    if len(theirs.node) != len(ours.node):
        return f"{len(theirs.node)} nodes in the graph, not {len(ours.node)}"
    for first, second in zip(theirs.node, ours.node, strict=True):
        if first != second:
            return f"a node {first.op_type} of {', '.join(first.input)}"
    constants = {item.name: item for item in theirs.initializer}
    if len(constants) != len(theirs.initializer) or len(constants) != len(ours.initializer):
        return "other constants in the graph"
    for item in ours.initializer:
        if item.name not in constants or list(constants[item.name].dims) != list(item.dims):
            return f"another '{item.name}' in the graph"
        if constants[item.name].external_data or constants[item.name].data_type != item.data_type:
            return f"another '{item.name}' in the graph"
        first, second = (numpy_helper.to_array(x) for x in (constants[item.name], item))
        scale = float(np.abs(second).max(initial=0.0))
        # Products of weights are rounded as a machine's library sums them.
        if not np.allclose(first, second, rtol=0, atol=1e-6 * scale, equal_nan=True):
            return f"other numbers in '{item.name}' of the graph"
    return ""


def _digest(model: Any) -> str:
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(name, "onnx") from error
