"""Policy files: TorchScript that needs nothing of this project to run, ONNX, or packed weights."""

from __future__ import annotations

import io
import json
import os
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ..errors import ExportError, ParameterError, PolicyFileError, ShapeError
from ..metadata import FORMAT_VERSION, PolicyMetadata
from ..policy import MotionPolicy, check_positions, sample_times
from ..rollout import rollout
from ..utils.moved_names import forward
from . import OnnxRuntime, architecture, built, onnx_content, read_onnx, require_onnx, served
from .archive import (
    FileKind,
    archive_content,
    check_hash,
    check_there,
    library_versions,
    quiet,
    read_archive,
    read_metadata,
    weights_hash,
    write_content,
)
from .packed_archive import PACKED, intact, is_packed, packed_content, read_packed
from .packed_weights import PackedWeights

#: TorchScript, a graph for ONNX Runtime, packed weights, a C header.
SUFFIXES = (".pt", ".onnx", PACKED, ".h")
EXPECTED = "a policy file written by `elcd train` or `elcd.save`"
POLICY = FileKind(
    name="policy",
    tag=None,
    newest=FORMAT_VERSION,
    from_dict=PolicyMetadata.from_dict,
    error=PolicyFileError,
    expected=EXPECTED,
    missing="train one with: elcd train lasa:Sshape -o policy.pt",
    renew="export",
)
_METHODS = ["encode", "decode", "latent_velocity", "set_goal", "get_goal"]


def write_policy(policy: MotionPolicy, path: Path) -> Path:
    """Write ``policy`` as TorchScript or as an ONNX graph; see `elcd_policy.saving.save`.

    Raises
    ------
    ExportError
        If the file can't be written there, the flow has no scriptable tangent, or there is no
        ONNX graph for the policy.
    """
    if not policy.flow.scriptable:
        raise ExportError(
            "this flow can't be exported",
            got=f"a {type(policy.flow).__name__} without a scriptable tangent",
            expected="a flow of elcd_policy.flows, such as AffineCoupling or KinkFlow",
            advice="the policy itself trains, evaluates and rolls out in Python",
        )
    with quiet():
        module = torch.jit.script(served(copy(policy).eval()))
    metadata = replace(
        policy.metadata,
        goal=policy.goal.tolist(),
        weights_hash=weights_hash(module),
        versions=library_versions(),
    )
    return _write(module, metadata, path)


def write_loaded(policy: LoadedPolicy, path: Path) -> Path:
    """Write a policy that was loaded, as it is now, as TorchScript or as an ONNX graph."""
    facts = replace(policy.metadata, goal=policy.get_goal().tolist(), versions=library_versions())
    return _write(policy.module, facts, path)


def _write(module: torch.jit.ScriptModule, metadata: PolicyMetadata, path: Path) -> Path:
    content = archive_content(module, metadata)
    if path.suffix == ".onnx":
        content = onnx_content(module, content, json.dumps(metadata.to_dict(), indent=1))
    return write_content(content, path, ExportError)


def write_packed(policy: MotionPolicy, weights: PackedWeights, path: Path) -> Path:
    """Write a quantised policy as indices and codebooks.

    `load` builds from it the very module that a TorchScript file would hold, so the hash of the
    weights, to which the certificate is bound, is that of the module that will run.
    """
    metadata = replace(policy.metadata, goal=policy.goal.tolist(), versions=library_versions())
    text = json.dumps(compiled(served(copy(policy).eval()), metadata).metadata.to_dict())
    return write_content(packed_content(architecture(policy), weights, text), path, ExportError)


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


class LoadedPolicy:
    """A policy from a file, for numpy arrays.

    Attributes
    ----------
    metadata : `PolicyMetadata` of the file.
    dimension : d.
    module : the TorchScript module as stored, for whoever wants tensors or float64.
    runtime : what computes `velocity`, of an ONNX file; else it is ``module``, optimised.
    """

    def __init__(
        self,
        module: torch.jit.ScriptModule,
        metadata: PolicyMetadata,
        runtime: OnnxRuntime | None = None,
    ) -> None:
        self.module = module
        self.metadata = metadata
        self.dimension = metadata.dimension
        self.runtime = runtime
        self._goal = module.get_goal().numpy()
        with quiet():
            self._fast = torch.jit.optimize_for_inference(module.eval(), other_methods=_METHODS)

    def velocity(self, x: ArrayLike) -> NDArray[np.float64]:
        """Velocity in units per s at one position [d] or many [N, d].

        Raises
        ------
        ShapeError
            If the last axis is not d.
        """
        x = check_positions(x, self.dimension)
        rows = x.reshape(-1, self.dimension).astype(self._goal.dtype)
        if self.runtime is not None:
            v = self.runtime.velocity(rows, self._goal)
        else:
            with torch.inference_mode():
                v = self._fast.forward(torch.from_numpy(rows)).numpy()
        return v.astype(np.float64).reshape(x.shape)

    def rollout(
        self, x0: ArrayLike, duration: float, dt: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `MotionPolicy.rollout`."""
        x0 = check_positions(x0, self.dimension)
        time = sample_times(duration, dt)
        return time, rollout(self.module, x0, time)

    def set_goal(self, goal: ArrayLike) -> None:
        """Move the goal to ``goal`` [d]; the whole field moves with it.

        Raises
        ------
        ShapeError
            If ``goal`` is not one finite point [d].
        ParameterError
            If the policy avoids obstacles and one of them holds the goal.
        """
        goal = np.asarray(goal, dtype=np.float64)
        if goal.shape != (self.dimension,) or not np.isfinite(goal).all():
            raise ShapeError(
                "a goal does not fit the policy",
                got=goal.tolist(),
                expected=f"{self.dimension} finite numbers",
            )
        for module in (self.module, self._fast):
            try:
                module.set_goal(torch.tensor(goal))
            except torch.jit.Error as error:
                reason = str(error).strip().splitlines()[-1]
                raise ParameterError("the policy refuses the goal", got=reason) from error
        self._goal = self.module.get_goal().numpy()

    @property
    def avoids_obstacles(self) -> bool:
        """Whether the file says, or is made so, that it keeps clear of obstacles."""
        parts = [part.original_name for part in self.module.modules()]
        return "obstacles" in self.metadata.guarantee or "ObstacleMap" in parts

    def get_goal(self) -> NDArray[np.float64]:
        """The goal [d]."""
        return self.module.get_goal().numpy().astype(np.float64)


def compiled(module: torch.nn.Module, metadata: PolicyMetadata) -> LoadedPolicy:
    """A module that offers what a policy file's does, as if it came from a file."""
    content = io.BytesIO()
    with quiet():
        # Read back: optimising a module takes methods from all that share a type with it.
        torch.jit.save(torch.jit.script(module.eval()), content)
        content.seek(0)
        scripted = torch.jit.load(content)
    return LoadedPolicy(scripted, replace(metadata, weights_hash=weights_hash(scripted)))


def load(path: str | os.PathLike[str]) -> LoadedPolicy:
    """Read a policy file that `elcd_policy.saving.save` wrote.

    Raises
    ------
    PolicyFileError
        If the file is missing, damaged, written by something else or by a newer library.
    MissingExtraError
        For ``*.onnx`` without onnx and onnxruntime.
    """
    path = Path(path)
    check_there(path, POLICY)
    if path.suffix != ".onnx":
        return _read_packed(path) if is_packed(path) else LoadedPolicy(*read_archive(path, POLICY))
    runtime, archive, text = read_onnx(path)
    module, metadata = read_archive(path, POLICY, io.BytesIO(archive))
    if read_metadata(path, text, POLICY) != metadata:
        raise PolicyFileError(
            f"{path} holds two policies",
            got="other metadata in the ONNX model than in the policy inside it",
            expected=EXPECTED,
            advice="export it again",
        )
    return LoadedPolicy(module, metadata, runtime)


def _read_packed(path: Path) -> LoadedPolicy:
    packed = read_packed(path, POLICY)
    with intact(path, POLICY):
        policy = built(packed.architecture, packed.metadata, packed.weights.state())
    loaded = compiled(served(policy), packed.metadata)
    check_hash(path, loaded.metadata.weights_hash, packed.metadata, POLICY)
    return loaded


__getattr__ = forward(
    __name__,
    dict.fromkeys(
        ("export_packed", "export_policy", "load_policy", "save_policy"), "elcd_policy.deprecated"
    ),
)
