"""How a policy is computed where it is served: fused, or as an ONNX graph."""

from .eager import architecture, built, eager
from .fused import served
from .onnx_file import OnnxRuntime, onnx_content, read_onnx, require_onnx

__all__ = [
    "OnnxRuntime",
    "architecture",
    "built",
    "eager",
    "onnx_content",
    "read_onnx",
    "require_onnx",
    "served",
]
