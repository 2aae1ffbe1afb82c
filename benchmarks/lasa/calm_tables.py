"""The table and the targets of calm off the demonstrations, in docs/benchmarks.md."""

from __future__ import annotations

import numpy as np

from elcd_policy.training.fit import DEFAULT_FIELD

from ..page import Target, code_mark, table
from ..store import Record
from .calm import MARGINS
from .jobs import MULTIPLE
from .summary import (
    METHODS,
    ByShape,
    Results,
    figure,
    planar,
    records_of,
    runs,
    single,
)
from .targets import judge

#: Multi_Models, of which no shape's DTW may be above this, in mm.
SHAPES, FIRST, SEVERAL_DTW = 30, 26, 8.0


def calm_table(results: Results) -> str:
    """Return two rows per method, of the shapes of one pattern and of several.

    Excursions and speeds are the median of the shapes' medians, the worst shape's 99th
    percentile, and the largest of all.
    """
    rows = []
    for method in METHODS:
        every = _calm(planar(results.of("a", method)))
        one = single(every)
        several = {name: found for name, found in every.items() if name not in one}
        for name, shapes in (("", one), (f", {MULTIPLE}", several)):
            if shapes:
                rows.append([METHODS[method] + name + code_mark(records_of(shapes)), *_row(shapes)])
    header = ["method", "shapes x seeds"]
    header += [f"{what} at {100 * m:.0f} %" for m in MARGINS for what in ("excursion", "speed")]
    return table([*header, "arrived, %", "ball, reach", "ball, speed"], rows)


def calm_targets(results: Results) -> list[Target]:
    """Return the bars of calm, each of the default field unless it says both."""
    ours = _calm(planar(results.of("a", DEFAULT_FIELD)))
    both = [_calm(planar(results.of("a", m))) for m in ("elcd", "monotone")]
    found = []
    for name, text, key, column, limit in (
        (
            "excursion-99",
            "99 % of the starts at 50 %: excursion at most 0.15",
            "excursion",
            1,
            0.15,
        ),
        ("excursion", "every start at 50 %: excursion at most 0.5", "excursion", 2, 0.5),
        ("haste-99", "99 % of the starts at 50 %: at most 3 times the peak speed", "speed", 1, 3.0),
        ("haste", "every start at 50 %: at most 6 times the peak speed", "speed", 2, 6.0),
    ):
        values = {shape: max(_at(r, 0.5)[key][column] for r in ours[shape]) for shape in ours}
        found.append(_worst(name, text, values, limit, [ours]))
    shares = [row["arrived"] for record in records_of(ours) for row in record["calm"]]
    text = "every start at 15, 50 and 100 % arrives"
    if shares:
        measured = f"smallest share {100 * min(shares):.2f} %"
        found.append(judge("arrives", text, measured, min(shares) >= 1.0, [ours], count=SHAPES))
    else:
        found.append(Target("arrives", text))
    several = {s: r for s, r in ours.items() if s.startswith(MULTIPLE)}
    values = {shape: figure(records, "dtw") for shape, records in several.items()}
    text = f"{MULTIPLE}: unseen DTW at most {SEVERAL_DTW:g} mm each"
    found.append(_worst("several", text, values, SEVERAL_DTW, [several], count=SHAPES - FIRST))
    for key, text, limit in (
        ("farthest", "the certified ball reaches at most 6 times the motions' own reach", 6.0),
        ("speed", "its largest speed is at most 40 times the peak", 40.0),
    ):
        largest: dict[str, float] = {}
        for shape, records in ((s, r) for shapes in both for s, r in shapes.items()):
            for record in records:
                value = record.get("ball", {}).get(key, np.inf)
                largest[shape] = max(largest.get(shape, 0.0), value)
        found.append(_worst(f"ball-{key}", f"{text}, both fields", largest, limit, both))
    return found


def _worst(
    name: str,
    text: str,
    values: dict[str, float],
    limit: float,
    rows: list[ByShape],
    *,
    count: int = SHAPES,
) -> Target:
    if not values:
        return Target(name, text)
    shape = max(values, key=values.__getitem__)
    above = sum(value > limit for value in values.values())
    measured = f"largest {values[shape]:.3g} ({shape}), {above} above"
    return judge(name, text, measured, above == 0, rows, count=count)


def _calm(shapes: ByShape) -> ByShape:
    """Return those records that have the figures."""
    found = {name: [r for r in records if "calm" in r] for name, records in shapes.items()}
    return {name: records for name, records in found.items() if records}


def _at(record: Record, margin: float) -> Record:
    row: Record = next(row for row in record["calm"] if row["margin"] == margin)
    return row


def _row(shapes: ByShape) -> list[str]:
    records = records_of(shapes)
    cells = [runs(shapes)]
    for margin in MARGINS:
        for key in ("excursion", "speed"):
            found = np.array([_at(record, margin)[key] for record in records])
            cells.append(_three(np.median(found[:, 0]), *found[:, 1:].max(axis=0)))
    cells.append(f"{100 * min(row['arrived'] for r in records for row in r['calm']):.1f}")
    balls = [record["ball"] for record in records if record.get("ball")]
    for key in ("farthest", "speed"):
        values = [ball[key] for ball in balls]
        cells.append(f"{np.median(values):.2g} / {max(values):.3g}" if values else "-")
    return cells


def _three(*values: float) -> str:
    return " / ".join(f"{value:.2g}" for value in values)
