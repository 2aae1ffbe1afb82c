"""Detector files: TorchScript that needs nothing of this project to run, plus metadata."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ..errors import DetectorFileError, ShapeError
from ..formats.archive import FileKind, NotRebuiltError
from ..formats.network_metadata import NetworkMetadata
from ..formats.packed_archive import read_network, write_network
from ..formats.packed_weights import PackedWeights
from ..metadata import FORMAT_VERSION
from .camera import Camera
from .detector import NETS, GoalDetector

KIND = "goal detector"
#: Buffers of a `GoalDetector` that follow from the camera: a packed file leaves them out.
DERIVED = ("cells", "homography")


@dataclass(frozen=True)
class DetectorMetadata(NetworkMetadata):
    """Facts about a detector that travel with its file, as JSON.

    Parameters
    ----------
    camera : whose images it reads, in the robot's base frame.
    plane : m, height of the object's centre.
    lower, upper : [2] in m, corners of the part of that plane it has learned.
    target : what it finds, in words.
    training : where the pictures came from and how it was trained.
    certificate : of its NAIS-Net, None for another net.
    """

    camera: Camera
    plane: float
    lower: tuple[float, float]
    upper: tuple[float, float]
    target: str
    training: dict[str, Any] = field(default_factory=dict)
    certificate: dict[str, Any] | None = None
    kind: str = KIND
    format_version: int = field(default=FORMAT_VERSION, kw_only=True)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DetectorMetadata:
        """Rebuild the metadata that `to_dict` described; unknown keys are left out.

        Raises
        ------
        KeyError, TypeError, ValueError
            If keys are missing or of the wrong type; the caller knows the file to blame.
        """
        known = cls.select_known(values)
        known["camera"] = Camera.from_dict(known["camera"])
        for corner in ("lower", "upper"):
            x, y = known[corner]
            known[corner] = float(x), float(y)
        return cls(**known)


def describe_detector(module: Any) -> dict[str, Any]:
    """Return what a detector, or one in a file, is made of besides its metadata.

    Raises
    ------
    NotRebuiltError
        If its net is neither a `nais_net` nor a `plain_cnn`.
    """
    net: Any = getattr(module, "net", None)
    first: Any = getattr(getattr(net, "blocks", None), "0", None)
    if first is not None and hasattr(net, "readout"):
        description = {"net": "nais", "channels": int(net.readout.weight.shape[1])}
        description["depth"] = int(first.depth)
        return description | ({"threshold": first.threshold} if first.threshold else {})
    first = getattr(net, "0", None)
    if not hasattr(first, "weight"):
        raise NotRebuiltError("a net that is neither a NAIS-Net nor a plain CNN of this library")
    return {"net": "cnn", "channels": int(first.weight.shape[0])}


def build_detector(
    metadata: DetectorMetadata, description: Mapping[str, Any], state: Mapping[str, torch.Tensor]
) -> GoalDetector:
    """Return the detector that `describe_detector` described, with these weights.

    Raises
    ------
    ValueError
        If what follows from the camera is not what the state holds.
    """
    options = {key: int(description[key]) for key in ("channels", "depth") if key in description}
    net = NETS[description["net"]](**options)
    for block in getattr(net, "blocks", ()):
        block.set_depth(block.depth, float(description.get("threshold", 0.0)))
    detector = GoalDetector(net, metadata.camera, metadata.plane)
    derived = {name: detector.get_buffer(name) for name in DERIVED}
    for name, value in derived.items():
        scale = float(value.abs().max())
        if name in state and not torch.allclose(state[name], value, rtol=0, atol=1e-5 * scale):
            raise ValueError(f"'{name}' does not follow from the camera")
    detector.load_state_dict({**derived, **state})
    return detector.eval()


DETECTOR = FileKind(
    name="detector",
    tag=KIND,
    newest=FORMAT_VERSION,
    from_dict=DetectorMetadata.from_dict,
    describe=describe_detector,
    build=build_detector,
    error=DetectorFileError,
    expected="a detector file written by `elcd detector` or save_detector",
    missing="train one with: elcd detector -o detector.pt",
    renew="train",
)


@dataclass(frozen=True)
class Detection:
    """A detection in one image.

    Parameters
    ----------
    position : [3] in m, of the object's centre in the robot's base frame.
    confidence : 0 to 1.
    """

    position: NDArray[np.float64]
    confidence: float


class LoadedDetector:
    """A detector from a file, for numpy arrays.

    Attributes
    ----------
    metadata : `DetectorMetadata` of the file.
    module : the TorchScript module as stored.
    """

    def __init__(self, module: torch.jit.ScriptModule, metadata: DetectorMetadata) -> None:
        self.module, self.metadata = module, metadata

    def locate(self, image: ArrayLike) -> Detection:
        """Find the object in one image [H, W, 3], red, green and blue of 0 to 255.

        Raises
        ------
        ShapeError
            If it is of another size than the camera's.
        """
        pixels = np.asarray(image)
        camera = self.metadata.camera
        if pixels.shape != (camera.height, camera.width, 3):
            raise ShapeError(
                "an image of another shape",
                got=list(pixels.shape),
                expected=[camera.height, camera.width, 3],
            )
        with torch.inference_mode():
            position, confidence = self.module(torch.from_numpy(pixels[None].copy()))
        return Detection(position[0].double().numpy(), float(confidence[0]))

    def knows(self, position: ArrayLike, margin: float = 0.0) -> bool:
        """Return whether a position [3] in m is in the part of the plane that it has learned."""
        place = np.asarray(position, dtype=np.float64)[:2]
        facts = self.metadata
        inside = (np.array(facts.lower) - margin <= place) & (
            place <= np.array(facts.upper) + margin
        )
        return bool(inside.all())


def save_detector(
    detector: GoalDetector,
    metadata: DetectorMetadata,
    path: str | os.PathLike[str],
    weights: PackedWeights | None = None,
) -> Path:
    """Write a detector as one file, atomically.

    Parameters
    ----------
    weights : the detector's, from `compress_detector`: they alone are written, not TorchScript.

    Raises
    ------
    DetectorFileError
        If the file can't be written there.
    """
    return write_network(detector, metadata, Path(path), DETECTOR, weights)


def trainable_detector(loaded: LoadedDetector) -> GoalDetector:
    """Copy a loaded detector as an ordinary module.

    Raises
    ------
    DetectorFileError
        If its net is none of this library's.
    """
    state = loaded.module.state_dict()
    try:
        return build_detector(loaded.metadata, describe_detector(loaded.module), state)
    except NotRebuiltError as refusal:
        raise DetectorFileError(
            "the detector can't be rebuilt as a module",
            got=str(refusal),
            expected="one of `nais_net` or `plain_cnn`",
        ) from refusal


def load_detector(path: str | os.PathLike[str], *, trust_code: bool = False) -> LoadedDetector:
    """Read a detector file.

    Parameters
    ----------
    trust_code : run the code of a file whose network is none of this library's.

    Raises
    ------
    DetectorFileError
        If the file is missing, damaged, forged, written by something else or by a newer library.
    """
    stored = read_network(Path(path), DETECTOR, trust_code=trust_code)
    return LoadedDetector(stored.compiled, stored.metadata)
