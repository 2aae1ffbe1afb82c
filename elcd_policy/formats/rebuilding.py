"""A policy file's policy as a module again: what TorchScript has compiled can't be trained."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import PolicyFileError
from ..fields import FIELDS, LatentField
from ..flows import AffineCoupling, CompositeFlow, KinkFlow, TangentFlow
from ..metadata import PolicyMetadata
from ..policy import MotionPolicy

_FIELDS: dict[str, type[LatentField]] = {cls.__name__: cls for cls in FIELDS.values()}


def architecture(module: Any) -> dict[str, Any]:
    """What a served policy is made of, as JSON can say it; `built` makes one of it.

    Parameters
    ----------
    module : a `MotionPolicy`, eager or scripted.

    Raises
    ------
    PolicyFileError
        If its flow or field is none of this library's.
    """
    flow, field = module.flow, module.field
    layers = list(flow.flows.children()) if _kind(flow) == "CompositeFlow" else [flow]
    name = _kind(field)
    if name not in _FIELDS:
        raise _foreign(f"a field of {name}", " or ".join(_FIELDS))
    width = next((len(v) for n, v in field.state_dict().items() if n.endswith(".weight")), 1)
    return {
        "flow": [_layer(layer) for layer in layers],
        "field": {"kind": name, "rate": float(field.rate), "width": width},
    }


def built(
    parts: dict[str, Any], metadata: PolicyMetadata, state: dict[str, Tensor]
) -> MotionPolicy:
    """The policy that `architecture` described, with these weights and buffers.

    Raises
    ------
    KeyError, TypeError, ValueError, RuntimeError
        If the parts don't fit each other.
    """
    d, field = metadata.dimension, parts["field"]
    with torch.random.fork_rng(devices=[]):
        policy = MotionPolicy(
            CompositeFlow([_made(layer, d) for layer in parts["flow"]]),
            _FIELDS[field["kind"]](d, rate=float(field["rate"]), width=int(field["width"])),
            scale=state["scale"].double().numpy(),
            metadata=metadata,
        )
    policy.load_state_dict(state)
    return policy.eval().requires_grad_(False)


def eager(module: Any, metadata: PolicyMetadata) -> MotionPolicy:
    """A trainable copy of a loaded policy's ``module``.

    Raises
    ------
    PolicyFileError
        If its flow or field is none of this library's.
    """
    own = ("flow.", "field.", "goal", "scale", "time_scale", "latent_goal")
    state = {name: v.clone() for name, v in module.state_dict().items() if name.startswith(own)}
    return built(architecture(module), metadata, state)


def _layer(layer: Any) -> dict[str, Any]:
    kind = _kind(layer)
    if kind == "AffineCoupling":
        return {
            "kind": kind,
            "flip": bool(layer.flip),
            "width": len(layer.hidden.bias),
            "max_log_scale": float(layer.max_log_scale),
        }
    if kind == "KinkFlow":
        return {"kind": kind, "max_strength": float(layer.max_strength)}
    raise _foreign(f"a flow with {kind}", "AffineCoupling or KinkFlow")


def _made(layer: dict[str, Any], dimension: int) -> TangentFlow:
    options = {key: value for key, value in layer.items() if key != "kind"}
    return {"AffineCoupling": AffineCoupling, "KinkFlow": KinkFlow}[layer["kind"]](
        dimension, **options
    )


def _kind(module: Any) -> str:
    return str(getattr(module, "original_name", type(module).__name__))


def _foreign(got: str, expected: str) -> PolicyFileError:
    return PolicyFileError("the policy can't be rebuilt as a module", got=got, expected=expected)
