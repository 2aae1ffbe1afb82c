"""Packed policy files: quantised weights, and what the policy is rebuilt from.

A zip archive of the weights (see `elcd_policy.compression.packing`), the architecture and the
metadata. Where the other kinds of files bring their own code, this one needs this library.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from ..archive import METADATA_FILE, UNREADABLE, first_line
from ..compression.packing import BLOB, HEADER, PackedWeights, archive, compact, entries
from ..compression.packing import read_weights as _read_weights
from ..errors import PolicyFileError
from ..metadata import PolicyMetadata
from ..policy import MotionPolicy
from .eager import architecture, built

ARCHITECTURE = "architecture.json"


def packed_content(policy: MotionPolicy, weights: PackedWeights, metadata: str) -> bytes:
    """A packed file of the policy.

    Parameters
    ----------
    policy : with these very weights.
    metadata : the policy's, as JSON.
    """
    return archive(
        {
            METADATA_FILE: metadata.encode(),
            ARCHITECTURE: compact(architecture(policy)),
            HEADER: compact(weights.header()),
            BLOB: weights.blob(),
        }
    )


def is_packed(path: Path) -> bool:
    """Whether ``path`` looks like a packed file, whatever its name."""
    try:
        with zipfile.ZipFile(path) as files:
            return ARCHITECTURE in files.namelist()
    except UNREADABLE:
        return False


def packed_weights(path: Path) -> PackedWeights:
    """The weights in a packed policy file, as they are stored.

    Raises
    ------
    PolicyFileError
        If the file is damaged.
    """
    try:
        return _read_weights(entries(path.read_bytes()))
    except UNREADABLE as error:
        raise _damaged(path, error) from error


def rebuilt(path: Path, metadata: PolicyMetadata) -> MotionPolicy:
    """The policy of a packed file, whose metadata were read already.

    Raises
    ------
    PolicyFileError
        If the file is damaged.
    """
    try:
        content = entries(path.read_bytes())
        state = _read_weights(content).state()
        return built(json.loads(content[ARCHITECTURE]), metadata, state)
    except UNREADABLE as error:
        raise _damaged(path, error) from error


def packed_metadata(path: Path) -> str:
    """The metadata in a packed file, as JSON.

    Raises
    ------
    PolicyFileError
        If the file is damaged.
    """
    try:
        return entries(path.read_bytes())[METADATA_FILE].decode()
    except UNREADABLE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> PolicyFileError:
    return PolicyFileError(
        f"{path} can't be read",
        got=first_line(error),
        expected="a packed policy file written by `elcd compress`",
        advice="compress the policy again",
    )
