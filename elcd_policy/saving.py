"""The one way to write a policy: `save`, certified unless told otherwise."""

from __future__ import annotations

import os
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .certificate import CERTIFIED, NOT_CERTIFIED, Certificate, certificate_fault
from .certificate import certify as certify_policy
from .errors import ExportError
from .formats.c_file import HEADER, write_header
from .formats.fused import served
from .formats.packed_archive import PACKED
from .formats.policy_file import (
    LoadedPolicy,
    check_target,
    compiled,
    load,
    write_loaded,
    write_packed,
    write_policy,
)
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
    weights: Any = getattr(policy, "weights", None)
    source: Any = policy if weights is None else policy.policy  # type: ignore[union-attr]
    if path.suffix == PACKED and weights is None:
        raise ExportError(
            "only a compressed policy can be written packed",
            got=f"a {type(policy).__name__} for {path.name}",
            expected="what `elcd.compress` returns",
            advice="compress it first, or name a *.pt file",
        )
    source = copy(source)
    source.metadata = replace(
        source.metadata, placement=placement or source.metadata.placement, certificate=None
    )
    certificate = _write(source, weights, path, certify)
    if certificate is None:
        return _not_asked(source)
    source.metadata = replace(source.metadata, certificate=certificate.to_dict())
    _write(source, weights, path, certify=False)
    return certificate


def _write(source: Any, weights: Any, path: Path, certify: bool) -> Certificate | None:
    """Write the policy as it is; its certificate, of what was written, if asked for."""
    if path.suffix == HEADER:
        if isinstance(source, MotionPolicy):
            source = compiled(served(copy(source).eval()), source.metadata)
        fault = certificate_fault(source)
        write_header(source, path, f"{NOT_CERTIFIED}: {fault}" if fault else CERTIFIED)
        return certify_policy(source) if certify else None
    if isinstance(source, LoadedPolicy):
        write_loaded(source, path)
    elif path.suffix == PACKED:
        write_packed(source, weights, path)
    else:
        write_policy(source, path)
    return certify_policy(load(path)) if certify else None


def _not_asked(source: Any) -> Certificate:
    facts = source.metadata
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
