"""What a policy file says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .placement import Placement

#: Raised whenever a reader of the previous version would misread a file.
FORMAT_VERSION = 1


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
    certificate: dict[str, Any] | None = None
    weights_hash: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form; `from_dict` reads it back."""
        values = asdict(self)
        values["placement"] = None if self.placement is None else self.placement.to_dict()
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PolicyMetadata:
        """The metadata that `to_dict` described; unknown keys are left out.

        Raises
        ------
        KeyError, TypeError, ValueError
            If keys are missing or of the wrong type; the caller knows the file to blame.
        """
        known = {key: values[key] for key in (f.name for f in fields(cls)) if key in values}
        lower, upper = known["workspace"]
        known["workspace"] = (list(lower), list(upper))
        if known.get("placement") is not None:
            known["placement"] = Placement.from_dict(known["placement"])
        return cls(**known)
