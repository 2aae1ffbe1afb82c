"""Common parts of policy, skill and detector files: metadata, digest, versions, errors."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import torch

from ..errors import ElcdError
from ..metadata import FORMAT_VERSION
from ..utils.files import write_atomically
from .digest import DIGEST, add_digest, find_changes
from .torchscript import METADATA_FILE

#: Of what a served module computes: raised whenever its TorchScript text changes, so that a file
#: of other code is told from a forged one.
CODE_VERSION = 1
#: What zipfile, torch and our own readers raise on damaged archives.
UNREADABLE = (
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)


class NotRebuiltError(ValueError):
    """A module that is none of this library's: it can't be rebuilt from a description."""


class Metadata(Protocol):
    """Facts that travel with a file: a dataclass, with ``versions`` of `library_versions`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def weights_hash(self) -> str:
        """Return the hash of the weights that they speak of."""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""


M = TypeVar("M", bound=Metadata)


@dataclass(frozen=True)
class FileKind(Generic[M]):
    """A kind of file: how it is told from others, read, rebuilt, and refused.

    Parameters
    ----------
    name : in messages, such as "policy".
    tag : the metadata's "kind"; None if they have none.
    newest : format version up to which this library reads.
    from_dict : makes the metadata; may raise KeyError, TypeError, ValueError or ElcdError.
    describe : what a module is made of, as JSON can say it. It is asked of modules and of
        `PickledObject`, and raises a `NotRebuiltError` for what is none of this library's.
    build : the module from metadata, description and state dict, to be compiled and served.
    error : class of the refusals.
    expected : what writes such files.
    missing : advice to who has none.
    renew : how one is made anew, a verb.
    first_code : `CODE_VERSION` of all files of format 1, which do not say it; 0 if there were
        several.
    """

    name: str
    tag: str | None
    newest: int
    from_dict: Callable[[Mapping[str, Any]], M]
    describe: Callable[[Any], dict[str, Any]]
    build: Callable[[M, Any, dict[str, torch.Tensor]], torch.nn.Module]
    error: type[ElcdError]
    expected: str
    missing: str
    renew: str
    first_code: int = 0


def write_content(content: bytes, path: Path, error: type[ElcdError]) -> Path:
    """Write a file, atomically; what the system refuses is raised as ``error``."""
    try:
        with write_atomically(path) as file:
            file.write(content)
    except OSError as refusal:
        raise error(
            f"{path} can't be written",
            got=refusal.strerror or refusal,
            advice="name another file",
        ) from refusal
    return path


def check_there(path: Path, kind: FileKind[M]) -> None:
    """Refuse a path at which there is no file."""
    if not path.is_file():
        raise kind.error(
            f"no {kind.name} file at {path}",
            got="a folder" if path.is_dir() else "nothing",
            expected=kind.expected,
            advice=kind.missing,
        )


def first_line(error: Exception) -> str:
    """Return what an exception says, short enough for one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def read_metadata(path: Path, text: str | bytes, kind: FileKind[M]) -> tuple[M, dict[str, Any]]:
    """Return the metadata in a file, and their JSON as it is, after a look at their digest.

    Raises
    ------
    ElcdError
        The kind's, if they are missing, damaged, of another kind or of a newer library, or were
        changed since they were written.
    """
    again = f"{kind.renew} it again"
    if not text:
        raise kind.error(
            f"{path} is not from this library",
            got="TorchScript without our metadata",
            expected=kind.expected,
        )
    try:
        values = json.loads(text)
        tag, format_version = values.get("kind"), int(values["format_version"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise kind.error(
            f"the metadata in {path} can't be read", got=error, advice=again
        ) from error
    if tag != kind.tag:
        raise kind.error(
            f"{path} is no {kind.name} file",
            got=f"a {tag}" if tag else "metadata of a policy",
            expected=kind.expected,
        )
    if format_version > kind.newest:
        raise kind.error(
            f"{path} was written by a newer elcd_policy",
            got=f"format {format_version}",
            expected=f"at most {kind.newest}",
            advice=f"upgrade elcd_policy, or {kind.renew} the {kind.name} again with this version",
        )
    # Files of format 1 have no digest.
    changed = find_changes(values) if format_version > 1 or DIGEST in values else []
    if changed:
        raise kind.error(
            f"{path} was changed after it was written",
            got=f"another {', '.join(changed)}",
            expected="what its digest binds",
            advice=again,
        )
    try:
        return kind.from_dict(values), values
    except (KeyError, TypeError, ValueError, ElcdError) as error:
        raise kind.error(
            f"the metadata in {path} is incomplete",
            got=f"{type(error).__name__}: {error}",
            expected="all that this version writes",
            advice=again,
        ) from error


def complete_facts(
    metadata: Metadata, state: Mapping[str, torch.Tensor], description: Any
) -> dict[str, Any]:
    """Return what a file says: metadata, weights' hash, description and versions, with a digest.

    Parameters
    ----------
    state : weights and buffers of the module that will be served.
    description : what the module is rebuilt from; None if it can't be.
    """
    return add_digest(
        {
            **metadata.to_dict(),
            "weights_hash": weights_hash(state),
            "versions": library_versions(),
            "format_version": FORMAT_VERSION,
            "description": description,
            "code_version": CODE_VERSION,
        }
    )


def tag_of(path: str | os.PathLike[str]) -> str | None:
    """Return the "kind" that a file's metadata name, without loading it; None if they name none."""
    try:
        with zipfile.ZipFile(path) as entries:
            every = entries.namelist()
            names = [name for name in every if name.rpartition("/")[2] == METADATA_FILE]
            found = json.loads(entries.read(names[0])).get("kind") if names else None
    except UNREADABLE:
        return None
    return found if isinstance(found, str) else None


def weights_hash(state: Mapping[str, torch.Tensor]) -> str:
    """Return SHA-256 over names, types, shapes and bytes of all weights but the goal's.

    The goal may be moved; the digest of a file binds it.
    """
    digest = hashlib.sha256()
    for name, value in sorted(state.items()):
        if name.rpartition(".")[2] == "goal":
            continue
        array = np.ascontiguousarray(value.detach().cpu().numpy())
        digest.update(f"{name}:{array.dtype}:{array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of Python and of what a file depends on, by name."""
    versions = {"python": platform.python_version()}
    for package in ("elcd_policy", "torch", "numpy", "normflows"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


@contextmanager
def quiet() -> Iterator[None]:
    """A block without TorchScript's deprecation warnings (torch 2.13 on); setup.py caps torch."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit.*", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=r".*torch\.jit.*", category=FutureWarning)
        warnings.filterwarnings("ignore", message=r".*torch\.jit.*", category=UserWarning)
        yield
