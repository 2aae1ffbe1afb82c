"""Stored records as figures: one per shape, over shapes, and what is held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from elcd_policy.training import TrainingSettings

from ..store import latest
from .jobs import MULTIPLE, hash_of, key_of
from .problems import is_planar

Record = Mapping[str, Any]
#: A shape's records, one per seed.
ByShape = dict[str, list[Record]]


class Results:
    """The records that count: the last of each job, each method with one choice of settings.

    Those are the defaults of training, if it has a record of them, else those of its last one.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        last = latest(records, key_of)
        chosen = {record["method"]: record["settings_hash"] for record in records}
        defaults = hash_of(asdict(TrainingSettings()))
        chosen |= {r["method"]: defaults for r in records if r["settings_hash"] == defaults}
        current = [r for r in last if r["settings_hash"] == chosen[r["method"]]]
        self.failed = [record for record in current if "error" in record]
        self.records = [record for record in current if "error" not in record]
        self._latest_code = {record["method"]: record.get("code") for record in records}

    def outdated(self, method: str) -> list[Record]:
        """Those whose training code is not that of the method's last record."""
        return [
            record
            for record in self.records
            if record["method"] == method and record.get("code") != self._latest_code[method]
        ]

    def code(self, method: str) -> str | None:
        """Hash of the training code of the method's last record."""
        return self._latest_code.get(method)

    def methods(self, protocol: str) -> list[str]:
        """Those that have results, in the order of `METHODS`."""
        found = {record["method"] for record in self.records if record["protocol"] == protocol}
        return [method for method in METHODS if method in found]

    def of(self, protocol: str, method: str, shown: int | None = None) -> ByShape:
        """Records by shape, in alphabetical order and by seed."""
        found = [
            record
            for record in self.records
            if (record["protocol"], record["method"]) == (protocol, method)
            and shown in (None, record["shown"])
        ]
        found.sort(key=lambda record: (record["shape"].casefold(), record["seed"]))
        shapes: ByShape = {}
        for record in found:
            shapes.setdefault(record["shape"], []).append(record)
        return shapes


#: Methods in the order of the tables, and their names there.
METHODS = {
    "mean": "mean demonstration",
    "best": "best shown demonstration",
    "eflow": "EFlow",
    "elcd": "ELCD field",
    "monotone": "monotone field",
}


def single(shapes: ByShape) -> ByShape:
    """The LASA shapes of one pattern."""
    return {
        shape: records
        for shape, records in planar(shapes).items()
        if not shape.startswith(MULTIPLE)
    }


def planar(shapes: ByShape) -> ByShape:
    """The LASA shapes, neither stacked nor anything else."""
    return {shape: records for shape, records in shapes.items() if is_planar(shape)}


def scored_on(records: Sequence[Record], numbers: Sequence[int]) -> list[Record]:
    """The same with the scores of some demonstrations only."""
    return [
        {**record, "scores": [s for s in record["scores"] if s["demonstration"] in numbers]}
        for record in records
    ]


def seeds(records: Sequence[Record], score: str) -> list[float]:
    """Of each seed, the mean of a score over the demonstrations scored."""
    return [float(np.mean([row[score] for row in record["scores"]])) for record in records]


def figure(records: Sequence[Record], score: str) -> float:
    """A shape's figure: the mean over seeds and demonstrations."""
    return float(np.mean(seeds(records, score)))


def figures(shapes: ByShape, score: str) -> list[float]:
    """The figure of each shape."""
    return [figure(records, score) for records in shapes.values()]


def values(shapes: ByShape, name: str) -> list[float]:
    """A number of every record, of every shape and seed; empty for methods that lack it."""
    return [r[name] for records in shapes.values() for r in records if r.get(name) is not None]


def common(*results: ByShape) -> list[ByShape]:
    """Each restricted to the shapes that all have."""
    shared = set(results[0]).intersection(*results[1:])
    return [{shape: result[shape] for shape in result if shape in shared} for result in results]
