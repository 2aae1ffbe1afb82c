"""``elcd compress`` of a skill file."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from ..certificate import CERTIFIED, NOT_CERTIFIED
from ..compression.networks import compress_skills
from ..errors import DemonstrationError, ParameterError
from ..sequence import SkillMetadata, SkillSet, load_skills, load_skills_file, save_skills
from ..sequence.skill_training import SHARES, accuracy_by_share
from .compress import Compressed, settings, timed
from .skills import verdict

#: Shares of a motion's time that the table names.
SHOWN = (0.5, 0.75)


def compressed(args: argparse.Namespace) -> Compressed:
    """The classifier, fine-tuned on its skills' demonstrations."""
    loaded = load_skills_file(args.policy)
    facts = loaded.metadata
    skills = _skills(args.source, facts)
    if skills.labels != facts.labels:
        raise ParameterError(
            "the source is of other skills",
            got=", ".join(skills.labels),
            expected=", ".join(facts.labels),
        )
    small, cpu = timed(lambda: compress_skills(loaded, skills.shown, **settings(args)))
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
    return Compressed(
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
        summary=verdict(certificate.to_dict()),
        write=lambda path: save_skills(small.module, metadata, path, small.weights),
    )


def _skills(source: list[str], facts: SkillMetadata) -> SkillSet:
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
