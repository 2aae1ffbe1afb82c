"""Policy files that carry their certificate."""

from __future__ import annotations

import os
from copy import copy
from dataclasses import replace

from .certificate.types import Certificate
from .certificate.verdict import certify
from .formats.policy_file import LoadedPolicy, export_policy, load_policy, save_policy
from .policy import MotionPolicy
from .robot.placement import Placement


def export_certified(
    policy: MotionPolicy, path: str | os.PathLike[str], placement: Placement | None = None
) -> Certificate:
    """`export_policy`, then certify the file and store the certificate in its metadata.

    It is stored whatever the verdict, bound to the weights by their hash.

    Raises
    ------
    ExportError
        As `export_policy`.
    """
    policy = copy(policy)
    policy.metadata = replace(policy.metadata, certificate=None)
    certificate = certify(load_policy(export_policy(policy, path, placement)))
    policy.metadata = replace(policy.metadata, certificate=certificate.to_dict())
    export_policy(policy, path, placement)
    return certificate


def save_certified(policy: LoadedPolicy, path: str | os.PathLike[str]) -> Certificate:
    """`save_policy`, then certify the file and store the certificate in its metadata.

    It is stored whatever the verdict, bound to the weights by their hash.

    Raises
    ------
    ExportError
        As `save_policy`.
    """
    certificate = certify(load_policy(save_policy(policy, path)))
    saved = copy(policy)
    saved.metadata = replace(policy.metadata, certificate=certificate.to_dict())
    save_policy(saved, path)
    return certificate
