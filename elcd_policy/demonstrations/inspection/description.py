"""All that can be said of demonstrations before anything is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .. import DemonstrationSet
from ..preparation import Findings, inspect
from .detection import detect
from .finding import Finding
from .paths import extent_units, length_text

#: Kinds of findings that leaving a demonstration out mends.
ODD_ONES = ("still", "outlier", "durations")


@dataclass(frozen=True)
class Member:
    """One demonstration in figures.

    Parameters
    ----------
    name : of the demonstration.
    samples : N.
    rate : samples per s, the median.
    longest_step : s, the longest between two samples.
    duration : s, of the motion between its rests.
    rests : s, at its start and its end.
    outliers : samples that jump away and back.
    end : distance of its end from the median one, in the set's units.
    """

    name: str
    samples: int
    rate: float
    longest_step: float
    duration: float
    rests: tuple[float, float]
    outliers: int
    end: float


@dataclass(frozen=True, eq=False)
class Description:
    """The result of `describe`.

    Parameters
    ----------
    demonstrations : the set that is described.
    members : one for each demonstration.
    preparation : what `prepare` mends, and contradictions.
    findings : what a field of velocities finds hard, or can't do.
    """

    demonstrations: DemonstrationSet
    members: tuple[Member, ...]
    preparation: Findings
    findings: tuple[Finding, ...]

    @property
    def lines(self) -> list[str]:
        """Return what was found with what helps, a line each; empty if nothing was."""
        return self.hard + [f"{clause}; elcd prepare" for clause in self.preparation.mendable]

    @property
    def hard(self) -> list[str]:
        """Return what preparing does not mend, a line each."""
        return [*map(str, self.findings), *self.preparation.warnings]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        demos = self.demonstrations
        lower, upper = demos.workspace
        return {
            "source": demos.source,
            "names": list(demos.names),
            "units": list(demos.coordinate_units),
            "frame": demos.frame,
            "robot": demos.robot,
            "masks": {mask: list(members) for mask, members in demos.masks.items()},
            "lower": lower.tolist(),
            "upper": upper.tolist(),
            "goal": demos.goal.tolist(),
            "demonstrations": [asdict(member) for member in self.members],
            "preparation": self.preparation.to_dict(),
            "findings": [finding.to_dict() for finding in self.findings],
            "lines": self.lines,
            "remarks": list(demos.remarks),
        }


def describe(demonstrations: DemonstrationSet) -> Description:
    """Describe demonstrations: rates, rests, extents, ends, and what is hard about them."""
    preparation = inspect(demonstrations)
    lengths = 3 if demonstrations.orientation is not None else demonstrations.dimension
    members = []
    for index, demonstration in enumerate(demonstrations):
        steps = np.diff(demonstration.time)
        away = demonstration.goal[:lengths] - demonstrations.goal[:lengths]
        begin, end = preparation.rest[index].tolist()
        members.append(
            Member(
                name=preparation.names[index],
                samples=len(demonstration.time),
                rate=float(1 / np.median(steps)),
                longest_step=float(steps.max()),
                duration=float(preparation.duration[index]),
                rests=(begin, end),
                outliers=preparation.outliers[index],
                end=float(np.linalg.norm(away)),
            )
        )
    return Description(demonstrations, tuple(members), preparation, tuple(detect(demonstrations)))


def length_in(demonstrations: DemonstrationSet, length: float) -> str:
    """Return a length of a set as people read it."""
    return length_text(length, demonstrations.units, float(extent_units(demonstrations)[0]))
