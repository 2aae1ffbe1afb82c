"""How a policy is computed where it is served: fused, and as an ONNX graph."""

from .fused import served
from .onnx_file import OnnxRuntime, onnx_content, read_onnx, require_onnx

__all__ = ["OnnxRuntime", "onnx_content", "read_onnx", "require_onnx", "served"]
