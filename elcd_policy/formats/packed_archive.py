"""Packed files: quantised weights, and what the module that holds them is rebuilt from.

A zip archive of the weights (see `elcd_policy.formats.packed_weights`), the architecture and the
metadata. Where the other kinds of files bring their own code, these need this library.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic

import torch
from torch import nn

from .archive import (
    METADATA_FILE,
    UNREADABLE,
    FileKind,
    M,
    archive_content,
    check_hash,
    check_there,
    first_line,
    library_versions,
    quiet,
    read_archive,
    read_metadata,
    weights_hash,
    write_content,
)
from .packed_weights import BLOB, HEADER, PackedWeights, archive, compact, entries
from .packed_weights import read_weights as _read_weights

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


def write_network(
    model: nn.Module,
    metadata: M,
    path: Path,
    kind: FileKind[M],
    packed: tuple[Any, PackedWeights] | None = None,
) -> Path:
    """Write a network as one file, atomically: TorchScript or, if given, packed.

    Parameters
    ----------
    packed : what `read_network` rebuilds the model from, and the model's weights.

    Raises
    ------
    ElcdError
        The kind's, if the file can't be written there.
    """
    with quiet():
        module = torch.jit.script(model.eval())
    facts = replace(metadata, weights_hash=weights_hash(module), versions=library_versions())
    if packed is None:
        content = archive_content(module, facts)
    else:
        content = packed_content(*packed, json.dumps(facts.to_dict()))
    return write_content(content, path, kind.error)


def read_network(
    path: Path, kind: FileKind[M], built: Callable[[M, Any, dict[str, torch.Tensor]], nn.Module]
) -> tuple[torch.jit.ScriptModule, M]:
    """The module and the metadata in a file of `write_network`.

    None of its weights requires gradients: TorchScript prepares to train those that do, which
    fails in inference mode, now and then.

    Parameters
    ----------
    built : makes the model of a packed file from metadata, architecture and state dict.

    Raises
    ------
    ElcdError
        The kind's, if the file is missing, damaged, of another kind or of a newer library.
    """
    check_there(path, kind)
    if not is_packed(path):
        module, metadata = read_archive(path, kind)
        for weight in module.parameters():
            weight.requires_grad = False
        return module.eval(), metadata
    packed = read_packed(path, kind)
    with intact(path, kind):
        model = built(packed.metadata, packed.architecture, packed.weights.state())
    content = io.BytesIO()
    with quiet():
        # Read back: compiled here, it shares its plans with all modules of its make.
        torch.jit.save(torch.jit.script(model.eval().requires_grad_(False)), content)
        content.seek(0)
        module = torch.jit.load(content)
    check_hash(path, weights_hash(module), packed.metadata, kind)
    return module, packed.metadata
