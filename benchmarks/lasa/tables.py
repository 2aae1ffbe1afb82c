"""Markdown tables of the LASA benchmark."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .jobs import PROTOCOLS
from .problems import MORE_DIMENSIONS
from .summary import (
    METHODS,
    ByShape,
    Record,
    Results,
    common,
    figure,
    figures,
    planar,
    scored_on,
    seeds,
    single,
    values,
)

SCORES = {
    "dtw": "DTW",
    "rmse": "RMSE",
    "frechet": "Fréchet",
    "end": "end 1x",
    "end_2x": "end 2x",
    "chamfer_dtwd": "Chamfer",
}


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def summary_table(results: Results, protocol: str) -> str:
    """A row per method: each score's mean, median and largest over the shapes."""
    keep: Callable[[ByShape], ByShape] = single if PROTOCOLS[protocol].others else planar
    rows = []
    for method in results.methods(protocol):
        shapes = keep(results.of(protocol, method))
        if not shapes:
            continue
        cells = [_three(figures(shapes, score)) for score in SCORES]
        shares, seconds = values(shapes, "converged"), values(shapes, "cpu_s")
        cells.append(f"{100 * np.mean(shares):.1f} / {100 * min(shares):.1f}" if shares else "-")
        cells.append(f"{np.mean(seconds):.1f} / {max(seconds):.1f}" if seconds else "-")
        rows.append([METHODS[method], _runs(shapes), *cells])
    header = ["method", "shapes x seeds", *SCORES.values(), "converged, %", "CPU s"]
    return markdown(header, rows)


def shape_table(results: Results, protocol: str) -> str:
    """A row per shape: of each method DTW with its range over seeds, and RMSE."""
    methods = results.methods(protocol)
    found = {method: results.of(protocol, method) for method in methods}
    names = sorted({shape for shapes in found.values() for shape in shapes}, key=str.casefold)
    rows = [[name, *(_cell(found[method].get(name, [])) for method in methods)] for name in names]
    return markdown(["shape", *(METHODS[method] for method in methods)], rows)


def _runs(shapes: ByShape) -> str:
    """Shapes times seeds; of seeds the fewest and the most, if shapes differ."""
    counts = [len(records) for records in shapes.values()]
    fewest, most = min(counts), max(counts)
    return f"{len(shapes)} x {most}" if fewest == most else f"{len(shapes)} x {fewest}-{most}"


def curves(results: Results) -> tuple[list[str], dict[str, dict[int, float]]]:
    """Shapes, and by method their mean DTW unseen for one to four demonstrations shown.

    Of the first seed alone, and only over shapes that all of the methods have results of; a method
    that has none is left out.
    """
    runs: dict[str, dict[int, ByShape]] = {}
    for method in results.methods("c"):
        counts = {n: _first_seed(results.of("c", method, n)) for n in PROTOCOLS["c"].shown}
        counts |= {4: _first_seed(results.of("a", method))}
        if common(*counts.values())[0]:
            runs[method] = counts
    every = [shapes for counts in runs.values() for shapes in counts.values()]
    if not every or not (shared := set(common(*every)[0])):
        return [], {}
    points = {
        method: {
            count: float(np.mean([figure(shapes[name], "dtw") for name in shared]))
            for count, shapes in counts.items()
        }
        for method, counts in runs.items()
    }
    return sorted(shared, key=str.casefold), points


def _first_seed(shapes: ByShape) -> ByShape:
    found = {name: [r for r in records if r["seed"] == 0] for name, records in shapes.items()}
    return {name: records for name, records in found.items() if records}


def curve_table(results: Results) -> str:
    """A row per method: DTW unseen for one to four demonstrations."""
    rows = [
        [METHODS[method], *(f"{value:.2f}" for value in points.values())]
        for method, points in curves(results)[1].items()
    ]
    return markdown(["method", "1 shown", "2", "3", "4"], rows)


def dimension_table(results: Results) -> str:
    """A row per problem of protocol (d) and method."""
    (shown,), (_, last) = PROTOCOLS["d"].shown, PROTOCOLS["d"].scored
    found = {method: results.of("d", method) for method in results.methods("d")}
    rows = []
    for name in sorted({shape for shapes in found.values() for shape in shapes}, key=_place):
        for method, shapes in found.items():
            if name not in shapes:
                continue
            records = shapes[name]
            unseen = scored_on(records, range(shown, last))
            facts, only = records[0], {name: records}
            unit = "" if facts["units"] == "1" else f" {facts['units']}"
            shares, seconds = values(only, "converged"), values(only, "cpu_s")
            rows.append(
                [
                    f"{name}, {facts['dimension']}-D, {facts['longest_side']:g}{unit}",
                    f"{METHODS[method]} x {len(records)}",
                    f"{round(figure(scored_on(records, range(shown)), 'dtw'), 4):.3g}",
                    *(f"{round(figure(unseen, score), 4):.3g}" for score in SCORES),
                    f"{100 * np.mean(shares):.1f} / {100 * min(shares):.1f}" if shares else "-",
                    f"{np.mean(seconds):.1f}" if seconds else "-",
                ]
            )
    header = ["problem, longest side", "method x seeds", "DTW shown", "DTW unseen"]
    header += [*list(SCORES.values())[1:], "converged, %", "CPU s"]
    return markdown(header, rows)


def _place(problem: str) -> int:
    order = list(MORE_DIMENSIONS)
    return order.index(problem) if problem in order else len(order)


def push_table(rows: dict[str, ByShape]) -> str:
    """A row per method or variant: the return of pushed states, and the accuracy of those runs."""
    lines = []
    for name, every in rows.items():
        shapes = pushed(every)
        found = [record["pushes"] for records in shapes.values() for record in records]
        pushes = [(row, push["duration"]) for push in found for row in push["rows"]]
        back = [(row, duration) for row, duration in pushes if row["time"] is not None]
        if not back:
            continue
        times = [row["time"] / duration for row, duration in back]
        lines.append(
            [
                name,
                _runs(shapes),
                f"{np.mean([row['time'] for row, _ in back]):.2f}",
                f"{100 * np.mean(times):.1f} / {100 * max(times):.0f}",
                f"{np.mean([row['distance'] for row, _ in back]):.1f}",
                f"{len(pushes) - len(back)} of {len(pushes)}",
                f"{np.mean(figures(shapes, 'dtw')):.2f}",
                f"{np.mean(figures(shapes, 'rmse')):.2f}",
            ]
        )
    header = ["", "shapes x seeds", "back after, s", "% of the duration", "way, mm", "not back"]
    return markdown([*header, "DTW", "RMSE"], lines)


def pushed(shapes: ByShape) -> ByShape:
    """Those records that were pushed, by `push_returns` as it is now.

    Before, pushes onto another branch of the path were not left out.
    """
    found = {
        name: [record for record in records if "left_out" in record.get("pushes", {})]
        for name, records in shapes.items()
    }
    return {name: records for name, records in found.items() if records}


def cost_table(rows: Sequence[Record]) -> str:
    """CPU seconds of training over dimension and number of samples."""
    body = [[f"{row['dimension']}", f"{row['samples']}", f"{row['cpu_s']:.1f}"] for row in rows]
    return markdown(["dimension", "samples", "CPU s"], body)


def beside_table(rows: Sequence[Record]) -> str:
    """CPU seconds of training beside the peer's; empty if it took no part."""
    body = [
        [
            row["shape"],
            f"{row['cpu_s']:.1f}",
            f"{row['eflow_cpu_s']:.1f}",
            f"{row['cpu_s'] / row['eflow_cpu_s']:.2f}",
        ]
        for row in rows
    ]
    return markdown(["shape", "CPU s", "EFlow, CPU s", "ratio"], body) if body else ""


def tick_table(ticks: Record) -> str:
    """A row per runtime and dimension."""
    rows = [
        [
            f"{row['runtime']}, {row['dimension']}-D",
            _us(row["policy_us"]),
            f"{row['plain_us']:.1f}",
            f"{row['ratio']:.1f}",
            _us(row["numpy_us"]),
            f"{row['batch_per_s'] / 1e6:.2f}",
            f"{row['plain_batch_per_s'] / 1e6:.2f}",
        ]
        for row in ticks["rows"]
    ]
    header = [
        "runtime",
        "policy, us",
        "plain, us",
        "ratio",
        "`LoadedPolicy.velocity`, us",
        "policy, M states/s",
        "plain, M states/s",
    ]
    return markdown(header, rows)


def _us(time: float | None) -> str:
    if time is None:
        return "-"
    return f"{time:.0f}" if time >= 20.0 else f"{time:.1f}"


def _three(numbers: Sequence[float]) -> str:
    return f"{np.mean(numbers):.2f} / {np.median(numbers):.2f} / {max(numbers):.2f}"


def _cell(records: Sequence[Record]) -> str:
    if not records:
        return "-"
    dtw = seeds(records, "dtw")
    spread = f" ({min(dtw):.2f}-{max(dtw):.2f})" if len(dtw) > 1 else ""
    return f"{figure(records, 'dtw'):.2f}{spread}, {figure(records, 'rmse'):.1f}"
