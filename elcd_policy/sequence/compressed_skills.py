"""Skill files with quantised weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from ..certificate import CERTIFIED, NOT_CERTIFIED
from ..compression.compressed_file import CompressedFile, measure_cpu_time
from ..compression.compressed_network import CompressedNetwork, compress_network
from ..errors import DemonstrationError, ParameterError
from ..utils.numbers import check_seed
from .skill_classifier import SkillClassifier
from .skill_data import Motion, SkillSet, load_skills
from .skill_file import (
    LoadedSkills,
    SkillMetadata,
    load_skills_file,
    save_skills,
    trainable_skills,
)
from .skill_training import SHARES, SkillTraining, accuracy_by_share, batch_loss
from .stability import describe_stability

#: Shares of a motion's time that the summary names.
SHOWN = (0.5, 0.75)


def compress_skills(
    loaded: LoadedSkills,
    motions: Sequence[Motion],
    *,
    seed: int = 0,
    **settings: Any,
) -> CompressedNetwork[SkillClassifier]:
    """Quantise all weights of a skill classifier.

    Parameters
    ----------
    loaded : from `load_skills_file`; it stays as it is.
    motions : to fine-tune on, varied anew in each step as in training.
    seed : of the first centroids and the variations.
    settings : see `elcd_policy.compression.compress`.

    Raises
    ------
    ParameterError, CompressionError
        As `elcd_policy.compression.compress`.
    """
    model = trainable_skills(loaded)
    training, rng = SkillTraining(rate=model.rate), np.random.default_rng(check_seed(seed))

    def loss() -> Tensor:
        chosen = rng.permutation(len(motions))[: training.batch]
        return batch_loss(model, [motions[i] for i in chosen], training, rng)

    return compress_network(model, loss, seed=seed, **settings)


def compress_file(
    path: str | os.PathLike[str],
    source: Sequence[str] = (),
    *,
    units: str | None = None,
    **settings: Any,
) -> CompressedFile:
    """Quantise a skill file, fine-tuned on its skills' demonstrations.

    Parameters
    ----------
    source : as for `load_skills`; empty: what the skills were learned from.
    units : make no difference to a skill.
    settings : see `compress_skills`.

    Raises
    ------
    SkillFileError
        If the file can't be read.
    DemonstrationError, ParameterError
        If the source can't be read or is of other skills.
    """
    loaded = load_skills_file(path)
    facts = loaded.metadata
    skills = _load_source(source, facts)
    if skills.labels != facts.labels:
        raise ParameterError(
            "the source is of other skills",
            got=", ".join(skills.labels),
            expected=", ".join(facts.labels),
        )
    small, cpu = measure_cpu_time(lambda: compress_skills(loaded, skills.shown, **settings))
    judged = skills.held_out or skills.shown
    curves = [
        accuracy_by_share(model, judged, facts.rate) for model in (loaded.module, small.module)
    ]
    before, after = ({"accuracy": a.tolist(), "confidence": c.tolist()} for a, c in curves)
    kept: dict[str, Any] = {}
    if skills.held_out:
        kept = {"shares": SHARES, **{key: tuple(value) for key, value in after.items()}}
    certificate = small.module.recurrent.certificate()
    metadata = replace(facts, certificate=certificate.to_dict(), **kept)
    at = [SHARES.index(share) for share in SHOWN]
    return CompressedFile(
        small=small,
        cpu_s=cpu,
        source=f"{len(judged)} motions {'not learned from' if skills.held_out else 'learned from'}",
        before={"shares": SHARES, **before},
        after={"shares": SHARES, **after},
        accuracy="right "
        + ", ".join(
            f"{before['accuracy'][i]:.0%} to {after['accuracy'][i]:.0%} at {SHARES[i]:.0%}"
            for i in at
        ),
        verdict=CERTIFIED if certificate.stable else NOT_CERTIFIED,
        reasons=[] if certificate.stable else ["not shown to be stable"],
        summary=describe_stability(certificate.to_dict()),
        write=lambda path: save_skills(small.module, metadata, path, small.weights),
    )


def _load_source(source: Sequence[str], facts: SkillMetadata) -> SkillSet:
    if source:
        return load_skills(source, facts.held_out)
    named = [f"{name}={path}" for name, path in zip(facts.labels, facts.sources, strict=True)]
    try:
        return load_skills(named, facts.held_out)
    except DemonstrationError as error:
        raise DemonstrationError(
            "what the skills were learned from can't be read",
            got=error,
            advice=f"name it: elcd compress FILE {facts.labels[0]}=SOURCE ...",
        ) from error
