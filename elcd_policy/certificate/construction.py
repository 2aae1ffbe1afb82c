"""Guarantees by construction: whether a policy's field and flow are what the proofs speak of."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..fields import LatentField, find_field
from ..flows import CompositeFlow, find_flow
from ..formats import LoadedPolicy
from .exact import times

ROUNDING = 1e-6  # of the rate: the file keeps the duration in float32


@dataclass(frozen=True)
class Construction:
    """The parts that a policy is made of.

    Parameters
    ----------
    field, flow : names of the classes.
    proved_field : the field in float64; what is proved for whatever weights holds for it. None
        if there is no proof.
    doubts : why the guarantee that the policy states does not follow from its construction.
    """

    field: str
    flow: str
    proved_field: LatentField | None
    doubts: list[str]

    @property
    def kind(self) -> str:
        """Return what contracts, as the field's class has it."""
        return "unknown" if self.proved_field is None else self.proved_field.kind


def construction(policy: LoadedPolicy) -> Construction:
    """Recognise the field and the flow of a policy, and what its metadata claims of them."""
    if policy.rebuilt is None:
        doubt = "its own code is run (trust_code), of which nothing is known"
        return Construction("unknown", "unknown", None, [doubt])
    part: Any = getattr(policy.rebuilt, "field", None)
    flow: Any = getattr(policy.rebuilt, "flow", None)
    if part is None or flow is None:
        doubt = f"it is a {type(policy.rebuilt).__name__}, no flow and field"
        return Construction("unknown", "unknown", None, [doubt])
    claimed = policy.metadata.guarantee
    doubts: list[str] = []
    name = type(part).__name__
    proved: LatentField | None = None
    if find_field(name) is not type(part) or not part.proof:
        doubts.append(f"its field ({name}) is none of those whose contraction is proved")
    else:
        proved = copy.deepcopy(part).double().requires_grad_(False)
        rate = claimed.get("rate", math.nan) * policy.metadata.duration
        if not rate <= part.rate * (1 + ROUNDING):
            doubts.append(
                f"it claims {rate:.6g} e-foldings per demonstrated duration, "
                f"its field has {part.rate:.6g}"
            )
        if claimed.get("kind") != part.kind:
            doubts.append(f"it claims {claimed.get('kind')}, its field has {part.kind}")
    layers = list(_layers(flow))
    foreign = [type(layer).__name__ for layer in layers if not _is_known(layer)]
    if foreign or not layers:
        doubts.append(
            f"its flow ({', '.join(foreign) or 'unknown'}) is none of those that are "
            "diffeomorphisms for whatever weights"
        )
    names = [type(layer).__name__ for layer in layers]
    text = ", ".join(f"{names.count(layer)} {layer}" for layer in dict.fromkeys(names))
    return Construction(name, text, proved, doubts)


def find_foreign_weights(policy: LoadedPolicy, actual: str) -> list[str]:
    """Return what metadata and stored certificate say of weights whose hash is ``actual``."""
    stored = policy.metadata.certificate
    hashes = {"metadata are": policy.metadata.weights_hash}
    if stored is not None:
        hashes["stored certificate is"] = str(stored.get("weights_hash"))
    return [
        f"its {text} of other weights: got {actual[:12]}, expected {expected[:12]}"
        for text, expected in hashes.items()
        if expected != actual
    ]


def field_error(field: LatentField, e: Tensor, latent_velocity: Tensor, duration: float) -> float:
    """Return how far the served latent velocity [N, d] is from the proved field's, relative."""
    expected = [field(e)]
    matrix = field.linearisation(e)
    if matrix is not None:
        expected.append(times(matrix, e))
    errors = [(latent_velocity * duration - value).norm(dim=1) for value in expected]
    return float((torch.stack(errors) / expected[0].norm(dim=1)).max())


def _layers(flow: Any) -> list[Any]:
    if type(flow) is CompositeFlow:
        return [layer for part in flow.flows for layer in _layers(part)]
    return [flow]


def _is_known(layer: Any) -> bool:
    return bool(layer.scriptable) and find_flow(type(layer).__name__) is type(layer)
