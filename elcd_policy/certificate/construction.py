"""What holds by construction: whether a file's field and flow are what the proofs speak of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .. import flows
from ..errors import ParameterError
from ..fields import FIELDS, ElcdField, LatentField
from ..flows import TangentFlow
from ..formats.policy_file import LoadedPolicy
from .exact import times

PROVED_FIELDS: dict[str, type[LatentField]] = {cls.__name__: cls for cls in FIELDS.values()}
ROUNDING = 1e-6  # of the rate: the file keeps the duration in float32
CONTAINERS = {"CompositeFlow", "ModuleList", "Linear"}


@dataclass(frozen=True)
class Construction:
    """What a file is made of.

    Parameters
    ----------
    field, flow : as the file names them.
    proved_field : a field of this library's class with the file's weights, in float64; what
        is proved for whatever weights holds for it. None if the file's is none of these.
    doubts : why the guarantee that the file states does not follow from its construction.
    """

    field: str
    flow: str
    proved_field: LatentField | None
    doubts: list[str]


def construction(policy: LoadedPolicy) -> Construction:
    """Recognise the field and the flow in a file, and what its metadata claims of them."""
    claimed = policy.metadata.guarantee
    doubts: list[str] = []
    parts: dict[str, Any] = dict(policy.module.named_modules())
    found = [name for name in parts if name.split(".")[-1] == "field"]
    name = parts[found[0]].original_name if len(found) == 1 else "unknown"
    proved: LatentField | None = None
    if name in PROVED_FIELDS:
        proved = _field_of(PROVED_FIELDS[name], parts[found[0]], policy.dimension)
    if proved is None:
        doubts.append(f"its field ({name}) is none of those whose contraction is proved")
    else:
        rate = claimed.get("rate", math.nan) * policy.metadata.duration
        kind = type(proved).kind
        if not rate <= proved.rate * (1 + ROUNDING):
            doubts.append(
                f"it claims {rate:.6g} e-foldings per demonstrated duration, "
                f"its field has {proved.rate:.6g}"
            )
        if claimed.get("kind") != kind:
            doubts.append(f"it claims {claimed.get('kind')}, its field has {kind}")
    layers = _layers(parts)
    foreign = [layer for layer in layers if not _is_ours(layer)]
    if foreign or not layers:
        doubts.append(
            f"its flow ({', '.join(foreign) or 'unknown'}) is none of those that are "
            "diffeomorphisms for whatever weights"
        )
    text = ", ".join(f"{layers.count(layer)} {layer}" for layer in dict.fromkeys(layers))
    return Construction(name, text, proved, doubts)


def extended_linearisation(field: ElcdField, e: Tensor) -> Tensor:
    """``A(e)`` [N, d, d] of ``f(e) = A(e) e``, per demonstrated duration."""
    d = field.dimension
    p = field.out(torch.tanh(field.hidden(e))).view(-1, d, d)
    lower, upper = torch.tril(p), torch.triu(p, diagonal=1)
    unit = torch.eye(d, dtype=e.dtype)
    return upper - upper.mT - lower.mT @ lower - field.rate * unit


def misread(field: LatentField, e: Tensor, latent_velocity: Tensor, duration: float) -> float:
    """How far the file's latent velocity [N, d] is from the proved field's, relative."""
    expected = [field(e)]
    if isinstance(field, ElcdField):
        expected.append(times(extended_linearisation(field, e), e))
    errors = [(latent_velocity * duration - value).norm(dim=1) for value in expected]
    return float((torch.stack(errors) / expected[0].norm(dim=1)).max())


def _field_of(cls: type[LatentField], part: Any, dimension: int) -> LatentField | None:
    weights = part.state_dict()
    width = next((len(value) for key, value in weights.items() if key.endswith(".weight")), 1)
    try:
        field = cls(dimension, rate=float(part.rate), width=width)
        field.load_state_dict(weights)
    except (ParameterError, RuntimeError):  # another shape, or a rate that is none
        return None
    return field.double().requires_grad_(False)


def _layers(parts: dict[str, Any]) -> list[str]:
    inside = [name for name in parts if "flow" in name.split(".")]
    names = [str(parts[name].original_name) for name in inside]
    return [name for name in names if name not in CONTAINERS]


def _is_ours(name: str) -> bool:
    cls = getattr(flows, name, None) if name in flows.__all__ else None
    return isinstance(cls, type) and issubclass(cls, TangentFlow) and bool(cls.scriptable)
