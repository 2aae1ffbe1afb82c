"""A finding of a detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing about demonstrations that a field of velocities finds hard, or can't do.

    Parameters
    ----------
    kind : one of `elcd_policy.demonstrations.inspection.KINDS`.
    sentence : what was found, in one plain clause with figures and units.
    advice : what helps; empty if nothing is known to.
    demonstrations : numbers of those concerned.
    places : [M, d] in the demonstrations' coordinates, where; may be empty.
    groups : for two or more ways, the demonstrations of each.
    """

    kind: str
    sentence: str
    advice: str = ""
    demonstrations: tuple[int, ...] = ()
    places: Array = field(default_factory=lambda: np.zeros((0, 0)))
    groups: tuple[tuple[int, ...], ...] = ()

    def __str__(self) -> str:
        return f"{self.sentence}; {self.advice}" if self.advice else self.sentence

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            "advice": self.advice,
            "demonstrations": list(self.demonstrations),
            "places": self.places.tolist(),
            "groups": [list(group) for group in self.groups],
        }


def list_text(names: Sequence[str], most: int = 6) -> str:
    """Return the names as people list them: ``a, b and c``, cut off after ``most``."""
    if len(names) > most:
        return ", ".join(names[:most]) + f" and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def clause(count: int, total: int, plural: str, singular: str) -> str:
    """Return what ``count`` of ``total`` demonstrations do: ``3 of 7 demonstrations wait``."""
    if total == 1:
        return f"the demonstration {singular}"
    if count == total:
        return f"all {total} demonstrations {plural}"
    return f"{count} of {total} demonstrations {singular if count == 1 else plural}"
