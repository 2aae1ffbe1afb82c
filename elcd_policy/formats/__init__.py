"""Files of policies, and the forms in which they are served.

One reader: the container is recognised by its content, read once, checked once, and the policy
rebuilt from description and weights. `elcd_policy.saving.save` is the one writer.
"""

from .c import c_header, c_name
from .fused import served
from .loaded_policy import LoadedPolicy, serve_policy
from .onnx import OnnxRuntime, inference_session, onnx_content, require_onnx, velocity_graph
from .policy_file import load
from .rebuilding import build_policy, describe_policy

__all__ = [
    "LoadedPolicy",
    "OnnxRuntime",
    "build_policy",
    "c_header",
    "c_name",
    "describe_policy",
    "inference_session",
    "load",
    "onnx_content",
    "require_onnx",
    "serve_policy",
    "served",
    "velocity_graph",
]
