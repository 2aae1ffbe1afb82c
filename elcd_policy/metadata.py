"""Metadata of policy files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .errors import ParameterError
from .robot.orientation import MARGIN, POSE_DIMENSION, unit_quaternion
from .robot.placement import Placement

#: Of policy, skill and detector files, raised whenever a reader of the previous version would
#: misread a file. 1: without a description and a digest.
FORMAT_VERSION = 2
#: Where a policy leads: to the demonstrations' common end, or each to an end of its own.
ENDS = ("mean", "each")


@dataclass(frozen=True)
class Orientation:
    """The meaning of a pose's last three coordinates; see `elcd_policy.robot.orientation`.

    Parameters
    ----------
    reference : [4], x y z w, the goal's orientation in the demonstrations' frame.
    margin : rad; rotations of up to pi minus this from the reference are served.
    length : characteristic length in the policy's units: a rad weighs as much in training.

    Raises
    ------
    ParameterError
        If the reference is no quaternion, or a number is out of range.
    """

    reference: list[float]
    margin: float = MARGIN
    length: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "reference", unit_quaternion(self.reference).tolist())
        if not (0 <= self.margin < math.pi and 0 < self.length < math.inf):
            raise ParameterError(
                "an orientation's margin or length is out of range",
                got=f"{self.margin} rad, {self.length}",
                expected="0 <= margin < pi, length > 0",
            )


@dataclass
class PolicyMetadata:
    """Facts about a policy that travel with its file, as JSON.

    ``workspace`` and ``starts`` are where the demonstrations were, in the policy's units:
    a command far outside is the guarantee's doing, not the demonstrator's.
    """

    dimension: int
    units: str
    frame: str
    #: [d], where the demonstrations end.
    goal: list[float]
    #: Lower and upper corner [d] of all demonstrated samples.
    workspace: tuple[list[float], list[float]]
    #: Median demonstrated duration in s.
    duration: float
    #: First samples [n][d] of the demonstrations.
    starts: list[list[float]]
    #: ``{"field": ..., "kind": ..., "rate": 1/s, "rate_times_duration": ...}``
    guarantee: dict[str, Any]
    source: str
    seed: int
    placement: Placement | None = None
    #: Of a policy of poses, None for any other.
    orientation: Orientation | None = None
    certificate: dict[str, Any] | None = None
    #: Whether the field does the motion that was shown: ``{"passed": bool, "summary": one line,
    #: ...}``, see `elcd_policy.evaluation.FitVerdict`; None if that was not judged.
    fit: dict[str, Any] | None = None
    #: "mean": every demonstration led to their common end; "each": to an end of its own, and the
    #: goal is to be set at run time.
    ends: str = "mean"
    #: [d], what each coordinate is called, such as a joint's name; empty in files that do not say.
    names: list[str] = field(default_factory=list)
    #: [d], the unit of each coordinate; empty in files that state ``units`` alone.
    coordinate_units: list[str] = field(default_factory=list)
    weights_hash: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form; `from_dict` reads it back."""
        values = asdict(self)
        values["placement"] = None if self.placement is None else self.placement.to_dict()
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PolicyMetadata:
        """Return the metadata that `to_dict` described; unknown keys are left out.

        Raises
        ------
        KeyError, TypeError, ValueError
            If keys are missing or of the wrong type; the caller knows the file to blame.
        """
        known = {key: values[key] for key in (f.name for f in fields(cls)) if key in values}
        lower, upper = known["workspace"]
        known["workspace"] = (list(lower), list(upper))
        rate = known["guarantee"].get("rate", 0.0)
        if not isinstance(rate, int | float):
            raise TypeError(f"the rate of its guarantee is {rate!r}")
        fit = known.get("fit")
        if fit is not None and (type(fit["passed"]), type(fit["summary"])) != (bool, str):
            raise TypeError(f"the verdict on its fit is {fit!r}")
        if known.get("ends", "mean") not in ENDS:
            raise ValueError(f"its demonstrations end at {known['ends']!r}")
        for key in ("names", "coordinate_units"):
            texts = known.get(key, [])
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise TypeError(f"its {key} are {texts!r}")
            if len(texts) not in (0, known["dimension"]):
                raise ValueError(f"{len(texts)} {key} for {known['dimension']} coordinates")
        if known.get("placement") is not None:
            known["placement"] = Placement.from_dict(known["placement"])
        if known.get("orientation") is not None:
            known["orientation"] = Orientation(**known["orientation"])
            if known["dimension"] != POSE_DIMENSION:
                raise ValueError(f"an orientation in {known['dimension']} dimensions")
        return cls(**known)


def point_text(values: Iterable[float]) -> str:
    """Return a point as people read it: ``(0.45, 0.1)``."""
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"
