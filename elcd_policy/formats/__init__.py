"""How a policy is computed where it is served: fused, as an ONNX graph, or in C."""

from .c_header import c_header, c_name
from .fused import served
from .onnx_file import OnnxRuntime, inference_session, onnx_content, read_onnx, require_onnx
from .onnx_graph import velocity_graph
from .rebuilding import architecture, built, eager

__all__ = [
    "OnnxRuntime",
    "architecture",
    "built",
    "c_header",
    "c_name",
    "eager",
    "inference_session",
    "onnx_content",
    "read_onnx",
    "require_onnx",
    "served",
    "velocity_graph",
]
