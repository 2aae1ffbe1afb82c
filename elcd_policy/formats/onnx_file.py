"""ONNX policy files: the graph that is served, and inside it the policy it was made from."""

from __future__ import annotations

import base64
import hashlib
import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import MissingExtraError, PolicyFileError
from .onnx_graph import velocity_graph

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
        """Velocity [N, d] at positions ``x`` [N, d], the goal at ``goal`` [d]."""
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
    """An ONNX file of the policy.

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


def read_onnx(path: Path) -> tuple[OnnxRuntime, bytes, str]:
    """The runtime, the TorchScript archive and the metadata of an ONNX policy file.

    Raises
    ------
    PolicyFileError
        If the file is damaged or was not written by this library.
    MissingExtraError
        Without onnx and onnxruntime.
    """
    onnx = _module("onnx")
    expected = "a policy file written by `elcd train` or `elcd.save`"
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # protobuf's own root of errors is Exception
        raise PolicyFileError(
            f"{path} can't be read", got="no ONNX model", expected=expected
        ) from error
    texts = {item.key: item.value for item in model.metadata_props}
    if not {ARCHIVE, METADATA, DIGEST} <= texts.keys():
        raise PolicyFileError(
            f"{path} is not from this library",
            got="an ONNX model without our metadata",
            expected=expected,
        )
    kept = [item for item in model.metadata_props if item.key != DIGEST]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    unreadable: tuple[type[Exception], ...] = (ValueError, *_runtime_errors())
    try:
        if _digest(model) != texts[DIGEST]:
            raise ValueError("a wrong checksum")
        archive = base64.b64decode(texts[ARCHIVE], validate=True)
        del model.metadata_props[:]
        return OnnxRuntime(model.SerializeToString()), archive, texts[METADATA]
    except unreadable as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise PolicyFileError(
            f"{path} can't be read", got=reason, expected=expected, advice="export it again"
        ) from error


def _digest(model: Any) -> str:
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def _runtime_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises on graphs that it can't run; they have no common root."""
    state = _module("onnxruntime").capi.onnxruntime_pybind11_state
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
    return tuple(getattr(state, name) for name in names)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(name, "onnx") from error
