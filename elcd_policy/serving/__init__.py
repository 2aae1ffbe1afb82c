"""How a policy is computed where it is served: fused, as an ONNX graph, from packed weights."""

from .eager import eager
from .fused import served
from .onnx_file import OnnxRuntime, onnx_content, read_onnx, require_onnx
from .packed_file import is_packed, packed_content, packed_metadata, packed_weights, rebuilt

__all__ = [
    "OnnxRuntime",
    "eager",
    "is_packed",
    "onnx_content",
    "packed_content",
    "packed_metadata",
    "packed_weights",
    "read_onnx",
    "rebuilt",
    "require_onnx",
    "served",
]
