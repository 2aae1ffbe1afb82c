"""Earlier names of what `elcd.save` and `elcd.load` do."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from .certificate import Certificate
from .compression.compressed_policy import CompressedPolicy
from .formats.packed_weights import PackedWeights
from .formats.policy_file import LoadedPolicy, load
from .policy import MotionPolicy
from .robot.placement import Placement
from .saving import save

File = str | os.PathLike[str]


def load_policy(path: File) -> LoadedPolicy:
    """Read a policy file; `elcd.load`."""
    _warn("load_policy", "elcd.load(path)")
    return load(path)


def export_policy(policy: MotionPolicy, path: File, placement: Placement | None = None) -> Path:
    """Write a policy without a certificate; `elcd.save`."""
    _warn("export_policy", "elcd.save(policy, path)")
    save(policy, path, placement=placement, certify=False)
    return Path(path)


def save_policy(policy: LoadedPolicy, path: File) -> Path:
    """Write a policy that was loaded; `elcd.save`."""
    _warn("save_policy", "elcd.save(policy, path)")
    save(policy, path)
    return Path(path)


def export_certified(
    policy: MotionPolicy, path: File, placement: Placement | None = None
) -> Certificate:
    """Write a policy with its certificate; `elcd.save`."""
    _warn("export_certified", "elcd.save(policy, path)")
    return save(policy, path, placement=placement)


def save_certified(policy: LoadedPolicy, path: File) -> Certificate:
    """Write a policy that was loaded, with its certificate; `elcd.save`."""
    _warn("save_certified", "elcd.save(policy, path)")
    return save(policy, path)


def export_packed(
    policy: MotionPolicy,
    weights: PackedWeights,
    path: File,
    placement: Placement | None = None,
) -> Path:
    """Write a compressed policy; `elcd.save`."""
    _warn("export_packed", "elcd.save(compressed, path)")
    save(CompressedPolicy(policy, weights, 0, 0), path, placement=placement)
    return Path(path)


def export_c(policy: LoadedPolicy, path: File) -> Path:
    """Write a policy as a C header; `elcd.save`."""
    _warn("export_c", "elcd.save(policy, 'NAME.h')")
    save(policy, path)
    return Path(path)


def _warn(name: str, instead: str) -> None:
    warnings.warn(f"{name} is deprecated, use {instead}", DeprecationWarning, stacklevel=3)
