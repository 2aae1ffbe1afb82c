"""Files of skills and detectors, and packed files: quantised weights and a description.

A packed file is a zip archive of the weights (see `elcd_policy.formats.packed_weights`), the
description of the module and the metadata; it holds no code.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .archive import (
    FileKind,
    M,
    NotRebuiltError,
    check_there,
    complete_facts,
    quiet,
    write_content,
)
from .packed_weights import BLOB, HEADER, PackedWeights, archive, compact
from .reading import DESCRIPTION, StoredModule, read_module
from .torchscript import METADATA_FILE

#: Ending of packed files, which `elcd compress` writes.
PACKED = ".elcdz"


def torchscript_content(module: torch.jit.ScriptModule, facts: dict[str, Any]) -> bytes:
    """Return a module and its metadata as a TorchScript archive."""
    content = io.BytesIO()
    with quiet():
        # Into memory first: a writer of torch's own on a full disk ends the whole process.
        files = {METADATA_FILE: json.dumps(facts, indent=1)}
        torch.jit.save(module, content, _extra_files=files)
    return content.getvalue()


def packed_content(description: Any, weights: PackedWeights, facts: dict[str, Any]) -> bytes:
    """Return quantised weights and their metadata as a packed file."""
    return archive(
        {
            METADATA_FILE: json.dumps(facts).encode(),
            DESCRIPTION: compact(description),
            HEADER: compact(weights.header()),
            BLOB: weights.blob(),
        }
    )


def write_network(
    model: nn.Module,
    metadata: M,
    path: Path,
    kind: FileKind[M],
    weights: PackedWeights | None = None,
) -> Path:
    """Write a network as one file, atomically: TorchScript or, of quantised weights, packed.

    Raises
    ------
    ElcdError
        The kind's, if the file can't be written there.
    """
    with quiet():
        module = torch.jit.script(model.eval())
    try:
        description = kind.describe(model)
    except NotRebuiltError:  # written all the same; it takes trust to read it
        description = None
    facts = complete_facts(metadata, module.state_dict(), description)
    if weights is None:
        content = torchscript_content(module, facts)
    else:
        content = packed_content(description, weights, facts)
    return write_content(content, path, kind.error)


def read_network(path: Path, kind: FileKind[M], *, trust_code: bool = False) -> StoredModule[M]:
    """Return the module and the metadata in a file of `write_network`.

    None of its weights requires gradients: TorchScript prepares to train those that do, which
    fails in inference mode, now and then.

    Parameters
    ----------
    trust_code : run the code of a file that can't be rebuilt.

    Raises
    ------
    ElcdError
        The kind's, if the file is missing, damaged, forged, of another kind or of a newer
        library, or can't be rebuilt.
    """
    check_there(path, kind)
    return read_module(path.read_bytes(), path, kind, trust_code=trust_code)
