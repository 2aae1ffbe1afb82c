"""Packed files: quantised weights, and what the module that holds them is rebuilt from.

A zip archive of the weights (see `elcd_policy.compression.packing`), the architecture and the
metadata. Where the other kinds of files bring their own code, these need this library.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from .archive import METADATA_FILE, UNREADABLE, FileKind, M, check_there, first_line, read_metadata
from .compression.packing import BLOB, HEADER, PackedWeights, archive, compact, entries
from .compression.packing import read_weights as _read_weights

ARCHITECTURE = "architecture.json"
#: Ending of packed files, which `elcd compress` writes.
PACKED = ".elcdz"


@dataclass(frozen=True)
class PackedFile(Generic[M]):
    """What is in a packed file.

    Parameters
    ----------
    architecture : what the module is rebuilt from, as `packed_content` was given it.
    weights : as they are stored.
    metadata : of the file's kind.
    """

    architecture: Any
    weights: PackedWeights
    metadata: M


def packed_content(architecture: Any, weights: PackedWeights, metadata: str) -> bytes:
    """A packed file; architecture and metadata are what JSON can say, and JSON."""
    return archive(
        {
            METADATA_FILE: metadata.encode(),
            ARCHITECTURE: compact(architecture),
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


def read_packed(path: Path, kind: FileKind[M]) -> PackedFile[M]:
    """Read a packed file.

    Raises
    ------
    ElcdError
        The kind's, if the file is missing, damaged, of another kind or of a newer library.
    """
    check_there(path, kind)
    with intact(path, kind):
        content = entries(path.read_bytes())
        text = content[METADATA_FILE]
    metadata = read_metadata(path, text, kind)
    with intact(path, kind):
        return PackedFile(json.loads(content[ARCHITECTURE]), _read_weights(content), metadata)


@contextmanager
def intact(path: Path, kind: FileKind[M]) -> Iterator[None]:
    """A block in which a damaged file is complained of as one of its kind."""
    try:
        yield
    except UNREADABLE as error:
        raise kind.error(
            f"{path} can't be read",
            got=first_line(error),
            expected=f"a packed {kind.name} file written by `elcd compress`",
            advice=f"compress the {kind.name} again",
        ) from error
