"""From a file's bytes to a module of this library's own classes: read, checked and rebuilt once.

No code of a file is run. Weights, attributes and the text of the code are read as data; the
module is rebuilt from weights and description, compiled, and what that gives is compared with
what the file holds.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic

import torch
from torch import Tensor, nn

from .archive import (
    CODE_VERSION,
    UNREADABLE,
    FileKind,
    M,
    NotRebuiltError,
    first_line,
    library_versions,
    quiet,
    read_metadata,
    weights_hash,
)
from .comparison import find_code_difference, find_difference
from .packed_weights import PackedWeights, entries, read_weights
from .torchscript import METADATA_FILE, TorchScriptArchive, read_torchscript

DESCRIPTION = "architecture.json"


@dataclass(frozen=True)
class StoredModule(Generic[M]):
    """The content of a file.

    Parameters
    ----------
    module : rebuilt from the file's description and weights; None of a file whose own code is
        run because the caller trusts it.
    compiled : the same as TorchScript, which is served.
    metadata : of the file.
    packed : the weights as they are stored, of a packed file.
    code_note : why the text of the file's code was not compared; empty if it is our own text.
    """

    module: nn.Module | None
    compiled: torch.jit.ScriptModule
    metadata: M
    packed: PackedWeights | None = None
    code_note: str = ""


def read_module(
    content: bytes, path: Path, kind: FileKind[M], *, trust_code: bool = False
) -> StoredModule[M]:
    """Return what a TorchScript or packed file holds.

    Parameters
    ----------
    content : of the file, or of an archive within it.
    path : for messages.
    trust_code : run the code of a file that can't be rebuilt.

    Raises
    ------
    ElcdError
        The kind's, if the file is damaged, of another kind or of a newer library, was changed
        since it was written, or can't be rebuilt.
    """
    names = _names(content)
    if not names:
        raise kind.error(
            f"{path} is no {kind.name} file",
            got=f"{len(content)} bytes that are not a TorchScript archive",
            expected=kind.expected,
        )
    if DESCRIPTION in names:
        expected = f"a packed {kind.name} file written by `elcd compress`"
        kind = replace(kind, expected=expected, renew="compress")
    try:
        if DESCRIPTION in names:
            return _read_packed(content, path, kind)
        return _read_torchscript(content, path, kind, trust_code)
    except UNREADABLE as error:
        raise kind.error(
            f"{path} can't be read",
            got=first_line(error),
            expected=kind.expected,
            advice=f"{kind.renew} the {kind.name} again",
        ) from error


def compile_module(module: nn.Module) -> tuple[torch.jit.ScriptModule, bytes]:
    """Return a module of our own as TorchScript, and that as an archive without metadata."""
    content = io.BytesIO()
    with quiet():
        torch.jit.save(torch.jit.script(module.eval().requires_grad_(False)), content)
        # Read back: optimising a module takes methods from all that share a type with it.
        loaded = torch.jit.load(io.BytesIO(content.getvalue()))
    return loaded.eval(), content.getvalue()


def _names(content: bytes) -> set[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            return set(files.namelist())
    except UNREADABLE:
        return set()


def _read_packed(content: bytes, path: Path, kind: FileKind[M]) -> StoredModule[M]:
    files = entries(content)
    metadata, values = read_metadata(path, files[METADATA_FILE], kind)
    description, weights = json.loads(files[DESCRIPTION]), read_weights(files)
    if values.get("description", description) != description:
        raise ValueError("two descriptions")
    module = _build(kind, metadata, description, weights.state())
    compiled, _ = compile_module(module)
    _check_hash(path, compiled.state_dict(), metadata.weights_hash, kind)
    return StoredModule(module, compiled, metadata, packed=weights)


def _read_torchscript(
    content: bytes, path: Path, kind: FileKind[M], trust_code: bool
) -> StoredModule[M]:
    archive = read_torchscript(content)
    metadata, values = read_metadata(path, archive.metadata, kind)
    state = archive.state()
    _check_hash(path, state, metadata.weights_hash, kind)
    try:
        description = kind.describe(archive.root)
    except NotRebuiltError as refusal:
        if trust_code:
            with quiet():
                own_code = torch.jit.load(io.BytesIO(content), map_location="cpu").eval()
            return StoredModule(None, own_code, metadata, code_note="its own code is run")
        raise kind.error(
            f"{path} can't be rebuilt, and its code is not run",
            got=str(refusal),
            expected="parts of this library, or registered ones",
            advice="only if you trust who wrote it: elcd.load(path, trust_code=True), or "
            "trust_code:=true of a node",
        ) from refusal
    if values.get("description", description) != description:
        raise _forged(path, kind, "another description than that of its weights")
    module = _build(kind, metadata, description, state)
    compiled, own_content = compile_module(module)
    own = read_torchscript(own_content)
    difference = find_difference(archive, own)
    if difference:
        raise _forged(path, kind, difference)
    return StoredModule(
        module, compiled, metadata, code_note=_compare_code(path, kind, values, archive, own)
    )


def _compare_code(
    path: Path,
    kind: FileKind[M],
    values: dict[str, Any],
    archive: TorchScriptArchive,
    own: TorchScriptArchive,
) -> str:
    difference = find_code_difference(archive, own)
    if not difference:
        return ""
    writer, here = (v.get("torch", "?") for v in (values.get("versions", {}), library_versions()))
    if writer != here:
        return f"not compared: torch {writer} wrote it, here is {here}"
    code = values.get("code_version", kind.first_code)
    if code != CODE_VERSION:
        return f"not compared: version {code} of the code wrote it, here is {CODE_VERSION}"
    raise _forged(path, kind, f"code that this library does not write: {difference}")


def _build(kind: FileKind[M], metadata: M, description: Any, state: dict[str, Tensor]) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        return kind.build(metadata, description, state).eval().requires_grad_(False)


def _forged(path: Path, kind: FileKind[M], difference: str) -> Exception:
    return kind.error(
        f"{path} is not what this library writes for its weights",
        got=difference,
        expected=kind.expected,
        advice=f"{kind.renew} it again",
    )


def _check_hash(path: Path, state: dict[str, Tensor], expected: str, kind: FileKind[M]) -> None:
    actual = weights_hash(state)
    if actual != expected:
        raise kind.error(
            f"the weights in {path} are not those its metadata speaks of",
            got=actual[:12],
            expected=expected[:12],
            advice=f"{kind.renew} it again",
        )
