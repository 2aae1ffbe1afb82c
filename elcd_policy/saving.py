"""The one way to write a policy: `save`, certified unless told otherwise."""

from __future__ import annotations

import os
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .certificate import NOT_CERTIFIED, Certificate
from .certificate import certify as certify_policy
from .errors import ExportError
from .formats.archive import write_content
from .formats.c import HEADER, header_content
from .formats.loaded_policy import LoadedPolicy, serve_policy
from .formats.onnx.onnx_file import graph_runtime
from .formats.packed_archive import PACKED
from .formats.policy_file import check_target, policy_content
from .policy import MotionPolicy
from .robot.placement import Placement

if TYPE_CHECKING:
    from .compression.compressed_policy import CompressedPolicy


def save(
    policy: MotionPolicy | LoadedPolicy | CompressedPolicy,
    path: str | os.PathLike[str],
    *,
    placement: Placement | None = None,
    certify: bool = True,
) -> Certificate:
    """Write a policy as one file, atomically, with its certificate.

    Parameters
    ----------
    policy : from `fit`, `load`, `avoid` or `compress`.
    path : the file; its folder is made if need be. The suffix decides what is written: ``.pt``
        TorchScript, ``.onnx`` a graph for ONNX Runtime (the extra 'onnx'), ``.elcdz`` the
        quantised weights of a compressed policy, ``.h`` a C header, which can't be read back.
    placement : where the policy's coordinates lie on a robot, the file's default; without it,
        that of the policy, if it has one.
    certify : state and check what is guaranteed, and store that in the file, whatever the
        verdict; without it the file carries no certificate.

    Returns
    -------
    The certificate; "not certified" if it was not asked for.

    Raises
    ------
    ExportError
        If the file can't be written there, or the policy can't be written in that format.
    MissingExtraError
        For ``*.onnx`` without onnx and onnxruntime.
    """
    path = check_target(path)
    if (
        path.suffix == PACKED
        and getattr(policy, "weights", getattr(policy, "packed", None)) is None
    ):
        raise ExportError(
            "only a compressed policy can be written packed",
            got=f"a {type(policy).__name__} for {path.name}",
            expected="what `elcd.compress` returns",
            advice="compress it first, or name a *.pt file",
        )
    served = copy(policy) if isinstance(policy, LoadedPolicy) else _serve(policy)
    facts = served.metadata
    served.metadata = replace(facts, placement=placement or facts.placement, certificate=None)
    certificate = _no_certificate(served)
    served.runtime = graph_runtime(served) if path.suffix == ".onnx" else None
    if certify:
        served.metadata = replace(served.metadata, goal=served.get_goal().tolist())
        certificate = certify_policy(served)
        served.metadata = replace(served.metadata, certificate=certificate.to_dict())
    if path.suffix == HEADER:
        content = header_content(served, path.stem, certificate.summary)
    else:
        content = policy_content(served, path.suffix)
    write_content(content, path, ExportError)
    return certificate


def _serve(policy: Any) -> LoadedPolicy:
    """Return a `MotionPolicy`, or one with quantised weights, as `load` would."""
    weights = None
    if not isinstance(policy, MotionPolicy):
        policy, weights = policy.policy, policy.weights
    if not policy.flow.scriptable:
        raise ExportError(
            "this flow can't be exported",
            got=f"a {type(policy.flow).__name__} without a scriptable tangent",
            expected="a flow of elcd_policy.flows, such as AffineCoupling or KinkFlow",
            advice="the policy itself trains, evaluates and rolls out in Python",
        )
    served = serve_policy(policy, replace(policy.metadata, goal=policy.goal.tolist()))
    served.packed = weights
    return served


def _no_certificate(policy: LoadedPolicy) -> Certificate:
    facts = policy.metadata
    rate = float(facts.guarantee.get("rate", 0.0))
    return Certificate(
        verdict=NOT_CERTIFIED,
        reasons=["no certificate was asked for"],
        weights_hash=facts.weights_hash,
        field=str(facts.guarantee.get("field")),
        flow="",
        kind=str(facts.guarantee.get("kind")),
        metric="",
        rate=rate,
        rate_times_duration=rate * facts.duration,
        units=facts.units,
    )
