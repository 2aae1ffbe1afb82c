"""Facts that travel with the file of any network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class NetworkMetadata:
    """Facts about a network that its file keeps as JSON; skills and detectors add their own.

    Parameters
    ----------
    weights_hash : of the weights that they speak of.
    versions : of Python and of what the file depends on, by name.
    format_version : raised whenever a reader of the previous version would misread a file.
    """

    weights_hash: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    format_version: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form; ``from_dict`` reads it back."""
        return asdict(self)

    @classmethod
    def select_known(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of ``values`` that are fields of the class."""
        return {f.name: values[f.name] for f in fields(cls) if f.name in values}
