"""What the settings of training do: protocol (a) on some shapes, one setting varied at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from elcd_policy.training import TrainingSettings
from elcd_policy.training.fit import DEFAULT_FIELD

from ..store import latest
from .jobs import Job, key_of, plan
from .summary import ByShape, Record

SHAPES = ("Angle", "GShape", "Sshape", "WShape")
#: What differs from the defaults.
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"return_rate": 0.0},
    {"return_rate": 4.0},
    {"return_rate": 16.0},
    {"push": 0.05},
    {"push": 0.5},
    {"rate": 1.0},
    {"rate": 8.0},
)


def plan_variants(
    shapes: Sequence[str] = SHAPES,
    seeds: Sequence[int] = (0,),
    settings: TrainingSettings | None = None,
) -> list[Job]:
    """The jobs of every variant of ``settings`` (by default those of `fit`)."""
    base = settings or TrainingSettings()
    return [
        job
        for variant in VARIANTS
        for job in plan(
            shapes=shapes,
            protocols=["a"],
            fields=[DEFAULT_FIELD],
            seeds=seeds,
            settings=replace(base, **variant),
        )
        if job.method == DEFAULT_FIELD
    ]


def by_variant(records: Sequence[Record]) -> dict[str, ByShape]:
    """Finished records by what differs from the defaults, then by shape.

    Only those of the last training code count, and of each job the last.
    """
    found: dict[str, ByShape] = {}
    for record in latest(records, key_of):
        if "error" not in record and record.get("code") == records[-1].get("code"):
            shapes = found.setdefault(difference(record["settings"]), {})
            shapes.setdefault(record["shape"], []).append(record)
    return found


def difference(settings: dict[str, float]) -> str:
    """In words, what of ``settings`` differs from the defaults."""
    usual = asdict(TrainingSettings())
    differs = [f"{name} {value:g}" for name, value in settings.items() if value != usual.get(name)]
    return ", ".join(differs) or "the defaults"
