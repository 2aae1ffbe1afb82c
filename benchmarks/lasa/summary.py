"""Stored records as figures: one per shape, and over shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from elcd_policy.training import TrainingSettings

from ..store import Record, of_part
from .jobs import MULTIPLE
from .problems import is_planar

#: A shape's records, one per seed.
ByShape = dict[str, list[Record]]


class Results:
    """The records that count, each protocol and method with one choice of settings.

    Those are the defaults of training, if there is a record of them, else those of the last one.

    Parameters
    ----------
    records : of the subject, as `load_records` returns them.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        usual = asdict(TrainingSettings())
        chosen: dict[tuple[str, str], dict[str, Any]] = {}
        for record in records:
            row = record["part"], record["method"]
            if chosen.get(row) != usual:
                chosen[row] = record["settings"]
        current = [r for r in records if r["settings"] == chosen[r["part"], r["method"]]]
        self.failed = [record for record in records if "error" in record]
        self.records = [record for record in current if "error" not in record]

    def methods(self, part: str) -> list[str]:
        """Return those that have results, in the order of `METHODS`."""
        found = {record["method"] for record in self.records if record["part"] == part}
        return [method for method in METHODS if method in found]

    def of(self, part: str, method: str, shown: int | None = None) -> ByShape:
        """Return records by shape, in alphabetical order and by seed."""
        found = [
            record
            for record in self.records
            if (record["part"], record["method"]) == (part, method)
            and shown in (None, record["shown"])
        ]
        return by_shape(found)


def by_shape(records: Sequence[Record]) -> ByShape:
    """Return records by shape, in alphabetical order and by seed."""
    shapes: ByShape = {}
    for record in sorted(records, key=lambda record: (record["shape"].casefold(), record["seed"])):
        shapes.setdefault(record["shape"], []).append(record)
    return shapes


def by_variant(records: Sequence[Record]) -> dict[str, ByShape]:
    """Return the records of the part "settings" by what differs from the defaults, by shape."""
    usual, found = asdict(TrainingSettings()), dict[str, list[Record]]()
    for record in of_part(records, "settings"):
        differs = [f"{k} {v:g}" for k, v in record["settings"].items() if v != usual.get(k)]
        found.setdefault(", ".join(differs) or "the defaults", []).append(record)
    return {name: by_shape(several) for name, several in found.items()}


def records_of(*several: ByShape) -> list[Record]:
    """Return all records of some rows, such as for `code_mark`."""
    return [record for shapes in several for records in shapes.values() for record in records]


#: Methods in the order of the tables, and their names there.
METHODS = {
    "mean": "mean demonstration",
    "best": "best shown demonstration",
    "eflow": "EFlow",
    "elcd": "ELCD field",
    "monotone": "monotone field",
}


def single(shapes: ByShape) -> ByShape:
    """Return the LASA shapes of one pattern."""
    return {
        shape: records
        for shape, records in planar(shapes).items()
        if not shape.startswith(MULTIPLE)
    }


def planar(shapes: ByShape) -> ByShape:
    """Return the LASA shapes, neither stacked nor anything else."""
    return {shape: records for shape, records in shapes.items() if is_planar(shape)}


def scored_on(records: Sequence[Record], numbers: Sequence[int]) -> list[Record]:
    """Return the same with the scores of some demonstrations only."""
    return [
        {**record, "scores": [s for s in record["scores"] if s["demonstration"] in numbers]}
        for record in records
    ]


def seeds(records: Sequence[Record], score: str) -> list[float]:
    """Return, for each seed, the mean of a score over the demonstrations scored."""
    return [float(np.mean([row[score] for row in record["scores"]])) for record in records]


def figure(records: Sequence[Record], score: str) -> float:
    """Return a shape's figure: the mean over seeds and demonstrations."""
    return float(np.mean(seeds(records, score)))


def figures(shapes: ByShape, score: str) -> list[float]:
    """Return the figure of each shape."""
    return [figure(records, score) for records in shapes.values()]


def values(shapes: ByShape, name: str) -> list[float]:
    """Return a number of every record, of every shape and seed; empty for methods that lack it."""
    return [r[name] for records in shapes.values() for r in records if r.get(name) is not None]


def common(*results: ByShape) -> list[ByShape]:
    """Return each, restricted to the shapes that all have."""
    shared = set(results[0]).intersection(*results[1:])
    return [{shape: result[shape] for shape in result if shape in shared} for result in results]


def runs(shapes: ByShape) -> str:
    """Return shapes times seeds; of seeds the fewest and the most, if shapes differ."""
    counts = [len(records) for records in shapes.values()]
    fewest, most = min(counts), max(counts)
    return f"{len(shapes)} x {most}" if fewest == most else f"{len(shapes)} x {fewest}-{most}"
