"""A policy from its description and its weights, by this library's own classes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..fields import build_field, describe_field
from ..flows import build_flow, describe_flow
from ..metadata import PolicyMetadata
from ..obstacles import AvoidingPolicy, Obstacle, ObstacleMap
from ..policy import MotionPolicy
from .archive import NotRebuiltError
from .fused import served

#: What the weights of a policy are besides the flow's and the field's.
OWN_BUFFERS = ("goal", "scale", "time_scale", "latent_goal")
#: Of the gauge, relative: where the zones of obstacles end is found by an optimiser.
REACH_ERROR = 1e-3
#: Weights up to which a description may be larger than what is stored.
SMALL = 4096


def describe_policy(module: Any) -> dict[str, Any]:
    """Return what a policy is made of, as JSON can say it: the parts of flow and field.

    Parameters
    ----------
    module : a policy as it was trained or is served, or the data of one in a file.

    Raises
    ------
    NotRebuiltError
        If its flow or field is neither of this library nor registered.
    """
    if _kind(module) == "AvoidingPolicy":
        if _kind(getattr(module, "obstacles", None)) != "ObstacleMap":
            raise NotRebuiltError("obstacles that are none of this library's")
        return {"kind": "AvoidingPolicy", "policy": describe_policy(module.policy)}
    if _kind(module) not in ("MotionPolicy", "ServedPolicy"):
        raise NotRebuiltError(f"a {_kind(module)}")
    try:
        return {"flow": describe_flow(module.flow), "field": describe_field(module.field)}
    except (AttributeError, TypeError, IndexError) as error:
        raise NotRebuiltError(str(error)) from error


def build_policy(
    metadata: PolicyMetadata, description: dict[str, Any], state: dict[str, Tensor]
) -> nn.Module:
    """Return the policy that `describe_policy` described, as it is served.

    Raises
    ------
    KeyError, TypeError, ValueError, RuntimeError
        If description, metadata and weights don't fit each other.
    """
    if description.get("kind") == "AvoidingPolicy":
        inner = build_policy(metadata, description["policy"], _part(state, "policy."))
        policy = AvoidingPolicy(inner, _build_obstacles(metadata, _part(state, "obstacles.")))
        policy.time_scale.copy_(state["time_scale"])
        return policy
    return served(build_motion_policy(metadata, description, state))


def build_motion_policy(
    metadata: PolicyMetadata, description: dict[str, Any], state: dict[str, Tensor]
) -> MotionPolicy:
    """Return the policy as it was trained, eager and trainable; see `build_policy`.

    Parameters
    ----------
    state : weights and buffers; those of a served policy's fused `forward` are left out.
    """
    parts = ("flow.", "field.")
    own = {n: v.clone() for n, v in state.items() if n in OWN_BUFFERS or n.startswith(parts)}
    d = metadata.dimension
    if list(own["goal"].shape) != [d]:
        raise ValueError(f"a goal of shape {list(own['goal'].shape)} in {d} dimensions")
    flow = description["flow"]
    if isinstance(flow, list):  # as packed files of format 1 have it
        flow = {"kind": "CompositeFlow", "flows": flow}
    _check_size(description, d, sum(value.numel() for value in own.values()))
    policy = MotionPolicy(
        build_flow(d, flow),
        build_field(d, description["field"]),
        scale=own["scale"].double().numpy(),
        metadata=metadata,
    )
    policy.to(own["goal"].dtype).load_state_dict(own)
    _check_derived(policy.eval().requires_grad_(False))
    return policy


def _check_size(description: Any, dimension: int, numbers: int) -> None:
    """Refuse a description of more weights than there are, before it takes memory."""
    pending, units = [description], 0
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            units += int(part.get("width", 1))
            pending += part.values()
        elif isinstance(part, list):
            pending += part
    if max(units * dimension, dimension**2) > max(2 * numbers, SMALL):
        raise ValueError(f"a description of {units} units for {numbers} weights")


def _check_derived(policy: MotionPolicy) -> None:
    """Refuse buffers that do not follow from the facts and the flow's weights."""
    facts = policy.metadata
    fresh = policy.flow.encode(torch.zeros_like(policy.latent_goal))[0]
    for name, derived, tolerance in (
        ("goal", torch.tensor(facts.goal), 1e-6),
        ("time_scale", torch.tensor(float(facts.duration)), 1e-6),
        ("latent_goal", fresh, 1e-4),
    ):
        stored = policy.get_buffer(name)
        size = max(1.0, float(derived.abs().max()))
        # What is no number is let pass: the certificate names it.
        if float((stored - derived.to(stored)).abs().max()) > tolerance * size:
            raise ValueError(
                f"'{name}' is {stored.flatten().tolist()}, "
                f"from facts and weights follows {derived.flatten().tolist()}"
            )


def _build_obstacles(metadata: PolicyMetadata, state: dict[str, Tensor]) -> ObstacleMap:
    facts = metadata.guarantee
    if len(facts["obstacles"]) != len(state["centre"]):
        raise ValueError(
            f"{len(state['centre'])} obstacles, {len(facts['obstacles'])} in its facts"
        )
    bodies = [Obstacle(**values) for values in facts["obstacles"]]
    derived = ObstacleMap(bodies, float(facts["margin"]), metadata.dimension)
    for name, value in derived.state_dict().items():
        tolerance = REACH_ERROR if name == "reach" else 1e-5
        scale = max(float(value.abs().max()), 1e-9)
        if not torch.allclose(state[name].to(value), value, rtol=0, atol=tolerance * scale):
            raise ValueError(f"'obstacles.{name}' does not follow from the obstacles in its facts")
    derived.to(state["centre"].dtype).load_state_dict(state)
    return derived


def _part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)}


def _kind(module: Any) -> str:
    return str(getattr(module, "original_name", type(module).__name__))
