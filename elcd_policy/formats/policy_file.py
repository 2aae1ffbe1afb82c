"""Policy files: TorchScript that needs nothing of this project to run, ONNX, or packed weights."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from ..errors import ExportError, PolicyFileError
from ..metadata import FORMAT_VERSION, PolicyMetadata
from ..utils.moved_names import forward
from .archive import (
    FileKind,
    NotRebuiltError,
    check_there,
    complete_facts,
    read_metadata,
)
from .loaded_policy import LoadedPolicy
from .onnx import is_onnx, onnx_content, read_onnx, require_onnx, serve_onnx
from .packed_archive import PACKED, packed_content, torchscript_content
from .packed_weights import with_kept
from .reading import read_module
from .rebuilding import build_policy, describe_policy

#: TorchScript, a graph for ONNX Runtime, packed weights, a C header.
SUFFIXES = (".pt", ".onnx", PACKED, ".h")
EXPECTED = "a policy file written by `elcd train` or `elcd.save`"
POLICY = FileKind(
    name="policy",
    tag=None,
    newest=FORMAT_VERSION,
    from_dict=PolicyMetadata.from_dict,
    describe=describe_policy,
    build=build_policy,
    error=PolicyFileError,
    expected=EXPECTED,
    missing="train one with: elcd train lasa:Sshape -o policy.pt",
    renew="export",
    first_code=1,
)


def load(path: str | os.PathLike[str], *, trust_code: bool = False) -> LoadedPolicy:
    """Read a policy file that `elcd_policy.saving.save` wrote.

    No code of the file is run: the policy is rebuilt from its description and weights by this
    library's classes, compared with what the file holds, and that is served.

    Parameters
    ----------
    path : the file; its content decides what it is, not its name.
    trust_code : run the code of a file whose flow or field is none of this library's and not
        registered. It can do whatever you can; no certificate vouches for such a policy.

    Raises
    ------
    PolicyFileError
        If the file is missing, damaged, forged, written by something else or by a newer library,
        or can't be rebuilt.
    MissingExtraError
        For an ONNX file without onnx and onnxruntime.
    """
    path = Path(path)
    check_there(path, POLICY)
    content = path.read_bytes()
    if not is_onnx(path, content):
        return LoadedPolicy(read_module(content, path, POLICY, trust_code=trust_code))
    model, archive, text = read_onnx(path, content)
    stored = read_module(archive, path, POLICY)
    if read_metadata(path, text, POLICY)[0] != stored.metadata:
        raise PolicyFileError(
            f"{path} holds two policies",
            got="other metadata in the ONNX model than in the policy inside it",
            expected=EXPECTED,
            advice="export it again",
        )
    return LoadedPolicy(stored, serve_onnx(path, model, stored.module))


def policy_content(policy: LoadedPolicy, suffix: str) -> bytes:
    """Return a policy file of what `load` would return, with its metadata.

    Raises
    ------
    ExportError
        If there is no ONNX graph for the policy, or it has no packed weights.
    MissingExtraError
        For ``.onnx`` without onnx and onnxruntime.
    """
    try:
        description = describe_policy(policy.module)
    except NotRebuiltError:
        description = None
    metadata = replace(policy.metadata, goal=policy.get_goal().tolist())
    facts = complete_facts(metadata, policy.module.state_dict(), description)
    if suffix == PACKED:
        if policy.packed is None:
            raise ExportError(
                "only a compressed policy can be written packed",
                got="weights that are not quantised",
                expected="what `elcd.compress` returns",
                advice="compress it first, or name a *.pt file",
            )
        weights = with_kept(policy.packed, {"goal": policy.module.get_goal()})
        return packed_content(description, weights, facts)
    content = torchscript_content(policy.module, facts)
    if suffix == ".onnx":
        content = onnx_content(policy.module, content, json.dumps(facts, indent=1))
    return content


def check_target(path: str | os.PathLike[str], suffixes: tuple[str, ...] = SUFFIXES) -> Path:
    """``path`` if a policy file can be written there; to be asked before long work.

    Raises
    ------
    ExportError
        If the suffix is none of ``suffixes``, or the path or one above it is not of the right
        kind.
    MissingExtraError
        For ``*.onnx`` without onnx and onnxruntime.
    """
    path = Path(path)
    if path.suffix not in suffixes:
        raise ExportError(
            "a policy file has another suffix",
            got=path.name,
            expected=f"a name ending in {' or '.join(suffixes)}",
            advice="elcd export writes a policy file as C" if path.suffix == ".h" else "",
        )
    if path.suffix == ".onnx":
        require_onnx()
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if path.is_dir() or not above.is_dir():
        raise ExportError(
            f"{path} can't be written",
            got="a folder of that name" if path.is_dir() else f"the file {above} on the way",
            expected="a file in a folder",
        )
    return path


__getattr__ = forward(
    __name__,
    dict.fromkeys(
        ("export_c", "export_packed", "export_policy", "load_policy", "save_policy"),
        "elcd_policy.deprecated",
    ),
)
