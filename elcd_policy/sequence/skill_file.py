"""Skill files: TorchScript that needs nothing of this project to run, plus metadata."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ..errors import ParameterError, ShapeError, SkillFileError
from ..formats.archive import FileKind, NotRebuiltError, quiet
from ..formats.network_metadata import NetworkMetadata
from ..formats.packed_archive import read_network, write_network
from ..formats.packed_weights import PackedWeights
from ..metadata import FORMAT_VERSION
from .skill_classifier import SkillClassifier
from .skill_data import SkillSet
from .skill_training import SHARES, accuracy_by_share

KIND = "skill classifier"


@dataclass(frozen=True)
class SkillMetadata(NetworkMetadata):
    """Facts about a skill classifier that travel with its file, as JSON.

    Parameters
    ----------
    labels : names of the skills, in the order of the probabilities.
    dimension : d, of positions; their unit, origin and scale make no difference.
    rate : Hz, what a stream is best sampled at.
    sources : demonstrations that each skill was learned from.
    seed : of the training.
    certificate : `StabilityCertificate.to_dict` of the network.
    held_out : motions of each skill, the last ones, that it has not seen.
    shares, accuracy, confidence : how it did on those, when a share of their time had passed;
        empty if there were none.
    """

    labels: tuple[str, ...]
    dimension: int
    rate: float
    sources: tuple[str, ...]
    seed: int
    certificate: dict[str, Any]
    held_out: int = 0
    shares: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    confidence: tuple[float, ...] = ()
    kind: str = KIND
    format_version: int = field(default=FORMAT_VERSION, kw_only=True)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SkillMetadata:
        """Rebuild the metadata that `to_dict` described; unknown keys are left out.

        Raises
        ------
        KeyError, TypeError, ValueError
            If keys are missing or of the wrong type; the caller knows the file to blame.
        """
        known = cls.select_known(values)
        # Before it was stored, it was what `elcd skills` does if not told otherwise.
        known.setdefault("held_out", 2 if values.get("accuracy") else 0)
        for name in ("labels", "sources", "shares", "accuracy", "confidence"):
            known[name] = tuple(known.get(name, ()))
        if len(known["labels"]) < 2 or int(known["dimension"]) < 1 or not known["rate"] > 0:
            raise ValueError(f"{len(known['labels'])} labels in {known['dimension']} dimensions")
        return cls(**known)


def describe_classifier(module: Any) -> dict[str, Any]:
    """Return what a skill classifier, or one in a file, is made of besides its metadata.

    Raises
    ------
    NotRebuiltError
        If it is another module.
    """
    size = getattr(getattr(module, "recurrent", None), "hidden_size", None)
    if not isinstance(size, int):
        raise NotRebuiltError("no recurrent network of this library")
    return {"hidden_size": size}


def build_classifier(
    metadata: SkillMetadata, description: Mapping[str, Any], state: Mapping[str, torch.Tensor]
) -> SkillClassifier:
    """Return the classifier that `describe_classifier` described, with these weights."""
    model = SkillClassifier(
        metadata.dimension,
        len(metadata.labels),
        rate=metadata.rate,
        hidden_size=int(description["hidden_size"]),
    )
    model.load_state_dict(state)
    return model.eval()


SKILLS = FileKind(
    name="skill",
    tag=KIND,
    newest=FORMAT_VERSION,
    from_dict=SkillMetadata.from_dict,
    describe=describe_classifier,
    build=build_classifier,
    error=SkillFileError,
    expected="a skill file written by `elcd skills` or save_skills",
    missing="train one with: elcd skills lasa -o skills.pt",
    renew="train",
)


class SkillStream:
    """Names one motion while it goes on.

    Parameters
    ----------
    skills : the classifier.
    position : [d], where the motion begins.

    Raises
    ------
    ShapeError
        If a position is not d finite numbers.
    """

    def __init__(self, skills: LoadedSkills, position: ArrayLike) -> None:
        self._skills = skills
        with torch.inference_mode():
            self._memory = skills.fast.begin(self._row(position))

    def add(self, position: ArrayLike, dt: float) -> NDArray[np.float64]:
        """Take one more sample; return the probabilities [C] of the skills.

        Parameters
        ----------
        position : [d].
        dt : s since the sample before, positive.

        Raises
        ------
        ShapeError
            If the position is not d finite numbers.
        ParameterError
            If dt is not positive.
        """
        if not 0.0 < dt < np.inf:
            raise ParameterError("'dt' is out of range", got=dt, expected="> 0 s")
        with torch.inference_mode():
            scores, self._memory = self._skills.fast.step(
                self._row(position), torch.tensor([dt], dtype=torch.float32), self._memory
            )
        return scores[0].double().exp().numpy()

    def _row(self, position: ArrayLike) -> torch.Tensor:
        row = np.asarray(position, dtype=np.float32)
        d = self._skills.metadata.dimension
        if row.shape != (d,) or not np.isfinite(row).all():
            raise ShapeError(
                "a position does not fit the skills",
                got=row.tolist(),
                expected=f"{d} finite numbers",
            )
        return torch.from_numpy(row[None].copy())


class LoadedSkills:
    """A skill classifier from a file, for numpy arrays.

    Attributes
    ----------
    metadata : `SkillMetadata` of the file.
    module : the TorchScript module as stored.
    fast : the same, its matrices multiplied out.
    """

    def __init__(self, module: torch.jit.ScriptModule, metadata: SkillMetadata) -> None:
        self.module, self.metadata = module, metadata
        with quiet():
            self.fast = torch.jit.freeze(module.eval(), preserved_attrs=["begin", "step"])

    def stream(self, position: ArrayLike) -> SkillStream:
        """Begin a motion at a position [d]; see `SkillStream`."""
        return SkillStream(self, position)


def describe_skills(model: SkillClassifier, skills: SkillSet, *, seed: int = 0) -> SkillMetadata:
    """Return the facts about a classifier for its file: certificate, and scores where it can.

    Parameters
    ----------
    model : from `fit_skills`.
    skills : that it was fitted to; it is scored on those that were held out.
    seed : that it was fitted with.
    """
    curve: dict[str, Any] = {}
    if skills.held_out:
        accuracy, confidence = accuracy_by_share(model, skills.held_out, model.rate)
        curve = {
            "shares": SHARES,
            "accuracy": tuple(accuracy.tolist()),
            "confidence": tuple(confidence.tolist()),
        }
    return SkillMetadata(
        labels=skills.labels,
        dimension=skills.dimension,
        rate=model.rate,
        sources=skills.sources,
        seed=seed,
        certificate=model.recurrent.certificate().to_dict(),
        held_out=len(skills.held_out) // len(skills.labels),
        **curve,
    )


def save_skills(
    model: SkillClassifier,
    metadata: SkillMetadata,
    path: str | os.PathLike[str],
    weights: PackedWeights | None = None,
) -> Path:
    """Write a skill classifier as one file, atomically.

    Parameters
    ----------
    weights : the model's, from `compress_skills`: they alone are written, not TorchScript.

    Raises
    ------
    SkillFileError
        If the file can't be written there.
    """
    return write_network(model, metadata, Path(path), SKILLS, weights)


def trainable_skills(loaded: LoadedSkills) -> SkillClassifier:
    """Copy a loaded classifier as an ordinary module."""
    description = {"hidden_size": loaded.module.recurrent.hidden_size}
    return build_classifier(loaded.metadata, description, loaded.module.state_dict())


def load_skills_file(path: str | os.PathLike[str], *, trust_code: bool = False) -> LoadedSkills:
    """Read a skill file.

    Parameters
    ----------
    trust_code : run the code of a file whose network is none of this library's.

    Raises
    ------
    SkillFileError
        If the file is missing, damaged, forged, written by something else or by a newer library.
    """
    stored = read_network(Path(path), SKILLS, trust_code=trust_code)
    return LoadedSkills(stored.compiled, stored.metadata)
