"""TorchScript archives that carry metadata: what policy, detector and skill files are.

With `export.py` the only module that knows TorchScript.
"""

from __future__ import annotations

import hashlib
import io
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
from ..utils.files import write_atomically

METADATA_FILE = "metadata.json"
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


class Metadata(Protocol):
    """Facts that travel with a file: a dataclass, with ``versions`` of `library_versions`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def weights_hash(self) -> str:
        """Of the weights that they speak of."""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""


M = TypeVar("M", bound=Metadata)


@dataclass(frozen=True)
class FileKind(Generic[M]):
    """A kind of file: how it is told from others, read, and complained of.

    Parameters
    ----------
    name : in messages, such as "policy".
    tag : the metadata's "kind"; None if they have none.
    newest : format version up to which this library reads.
    from_dict : makes the metadata; may raise KeyError, TypeError, ValueError or ElcdError.
    error : class of the complaints.
    expected : what writes such files.
    missing : advice to who has none.
    renew : how one is made anew, a verb.
    """

    name: str
    tag: str | None
    newest: int
    from_dict: Callable[[Mapping[str, Any]], M]
    error: type[ElcdError]
    expected: str
    missing: str
    renew: str


def archive_content(module: torch.jit.ScriptModule, metadata: Metadata) -> bytes:
    """A module and its metadata as an archive."""
    content = io.BytesIO()
    with quiet():
        # Into memory first: a writer of torch's own on a full disk ends the whole process.
        files = {METADATA_FILE: json.dumps(metadata.to_dict(), indent=1)}
        torch.jit.save(module, content, _extra_files=files)
    return content.getvalue()


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


def read_archive(
    path: Path, kind: FileKind[M], archive: io.BytesIO | None = None
) -> tuple[torch.jit.ScriptModule, M]:
    """The module and the metadata in the file ``path``, or in ``archive``, which is in it.

    Raises
    ------
    ElcdError
        The kind's, if the file is missing, damaged, of another kind or of a newer library.
    """
    if archive is None:
        check_there(path, kind)
    files = {METADATA_FILE: ""}
    try:
        if not zipfile.is_zipfile(archive or path):
            raise kind.error(
                f"{path} is no {kind.name} file",
                got=f"{path.stat().st_size} bytes that are not a TorchScript archive",
                expected=kind.expected,
            )
        # torch writes checksums and does not look at them.
        with zipfile.ZipFile(archive or path) as entries:
            damaged = entries.testzip()
        if damaged is not None:
            raise ValueError(f"a wrong checksum of {damaged}")
        if archive is not None:
            archive.seek(0)
        with quiet():
            module = torch.jit.load(archive or str(path), map_location="cpu", _extra_files=files)
    except UNREADABLE as error:
        raise kind.error(
            f"{path} can't be read",
            got=first_line(error),
            expected=kind.expected,
            advice=f"{kind.renew} it again",
        ) from error
    if not files[METADATA_FILE]:
        raise kind.error(
            f"{path} is not from this library",
            got="TorchScript without our metadata",
            expected=kind.expected,
        )
    metadata = read_metadata(path, files[METADATA_FILE], kind)
    check_hash(path, weights_hash(module), metadata, kind)
    return module, metadata


def first_line(error: Exception) -> str:
    """What an exception says, short enough for one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def read_metadata(path: Path, text: str | bytes, kind: FileKind[M]) -> M:
    """The metadata in a file, from their JSON."""
    again = f"{kind.renew} it again"
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
    try:
        return kind.from_dict(values)
    except (KeyError, TypeError, ValueError, ElcdError) as error:
        raise kind.error(
            f"the metadata in {path} is incomplete",
            got=f"{type(error).__name__}: {error}",
            expected="all that this version writes",
            advice=again,
        ) from error


def check_hash(path: Path, actual: str, metadata: M, kind: FileKind[M]) -> None:
    """Refuse weights that the metadata do not speak of."""
    if actual != metadata.weights_hash:
        raise kind.error(
            f"the weights in {path} are not those its metadata speaks of",
            got=actual[:12],
            expected=metadata.weights_hash[:12],
            advice=f"{kind.renew} it again",
        )


def tag_of(path: str | os.PathLike[str]) -> str | None:
    """The "kind" that a file's metadata name, without loading it; None if they name none."""
    try:
        with zipfile.ZipFile(path) as entries:
            every = entries.namelist()
            names = [name for name in every if name.rpartition("/")[2] == METADATA_FILE]
            found = json.loads(entries.read(names[0])).get("kind") if names else None
    except UNREADABLE:
        return None
    return found if isinstance(found, str) else None


def weights_hash(module: torch.nn.Module | torch.jit.ScriptModule) -> str:
    """SHA-256 over names, types, shapes and bytes of all weights; the goal may move freely."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
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
