"""Policies as ONNX graphs, for ONNX Runtime."""

from .onnx_file import (
    OnnxRuntime,
    graph_runtime,
    inference_session,
    is_onnx,
    onnx_content,
    read_onnx,
    require_onnx,
    serve_onnx,
)
from .onnx_graph import velocity_graph

__all__ = [
    "OnnxRuntime",
    "graph_runtime",
    "inference_session",
    "is_onnx",
    "onnx_content",
    "read_onnx",
    "require_onnx",
    "serve_onnx",
    "velocity_graph",
]
