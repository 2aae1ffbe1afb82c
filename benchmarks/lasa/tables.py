"""The tables of docs/benchmarks.md that LASA fills in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from elcd_policy.training.fit import DEFAULT_FIELD

from ..machine import machine_lines
from ..page import code_mark, table
from ..store import Record
from .jobs import PROTOCOLS
from .problems import MORE_DIMENSIONS
from .pushes import PHASES
from .summary import (
    METHODS,
    ByShape,
    Results,
    common,
    figure,
    figures,
    planar,
    records_of,
    runs,
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


def summary_table(results: Results, part: str) -> str:
    """Return a row per method: each score's mean, median and largest over the shapes."""
    keep: Callable[[ByShape], ByShape] = single if PROTOCOLS[part].others else planar
    rows = []
    for method in results.methods(part):
        shapes = keep(results.of(part, method))
        if not shapes:
            continue
        cells = [_three(figures(shapes, score)) for score in SCORES]
        shares, seconds = values(shapes, "converged"), values(shapes, "cpu_s")
        cells.append(f"{100 * np.mean(shares):.1f} / {100 * min(shares):.1f}" if shares else "-")
        cells.append(f"{np.mean(seconds):.1f} / {max(seconds):.1f}" if seconds else "-")
        rows.append([_name(method, records_of(shapes)), runs(shapes), *cells])
    header = ["method", "shapes x seeds", *SCORES.values(), "converged, %", "CPU s"]
    return table(header, rows)


def shape_table(results: Results, part: str) -> str:
    """Return a row per shape: of each method DTW with its range over seeds, and RMSE."""
    methods = results.methods(part)
    found = {method: results.of(part, method) for method in methods}
    names = sorted({shape for shapes in found.values() for shape in shapes}, key=str.casefold)
    rows = [[name, *(_cell(found[method].get(name, [])) for method in methods)] for name in names]
    names = [_name(method, records_of(found[method])) for method in methods]
    return table(["shape", *names], rows)


def curves(results: Results) -> tuple[list[str], dict[str, dict[int, float]]]:
    """Return shapes, and by method their mean DTW unseen for one to four demonstrations shown.

    Of the first seed alone, over shapes that all of the methods have results of; a method that has
    none is left out.
    """
    by_method: dict[str, dict[int, ByShape]] = {}
    for method in results.methods("c"):
        counts = {n: _first_seed(results.of("c", method, n)) for n in PROTOCOLS["c"].shown}
        counts |= {4: _first_seed(results.of("a", method))}
        if common(*counts.values())[0]:
            by_method[method] = counts
    every = [shapes for counts in by_method.values() for shapes in counts.values()]
    if not every or not (shared := set(common(*every)[0])):
        return [], {}
    points = {
        method: {
            count: float(np.mean([figure(shapes[name], "dtw") for name in shared]))
            for count, shapes in counts.items()
        }
        for method, counts in by_method.items()
    }
    return sorted(shared, key=str.casefold), points


def _first_seed(shapes: ByShape) -> ByShape:
    found = {name: [r for r in records if r["seed"] == 0] for name, records in shapes.items()}
    return {name: records for name, records in found.items() if records}


def curve_table(results: Results) -> str:
    """Return a row per method: DTW unseen for one to four demonstrations."""
    rows = [
        [
            _name(method, records_of(results.of("c", method), results.of("a", method))),
            *(f"{value:.2f}" for value in points.values()),
        ]
        for method, points in curves(results)[1].items()
    ]
    return table(["method", "1 shown", "2", "3", "4"], rows)


def dimension_table(results: Results) -> str:
    """Return a row per problem of part (d) and method."""
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
                    f"{_name(method, records)} x {len(records)}",
                    f"{round(figure(scored_on(records, range(shown)), 'dtw'), 4):.3g}",
                    *(f"{round(figure(unseen, score), 4):.3g}" for score in SCORES),
                    f"{100 * np.mean(shares):.1f} / {100 * min(shares):.1f}" if shares else "-",
                    f"{np.mean(seconds):.1f}" if seconds else "-",
                ]
            )
    header = ["problem, longest side", "method x seeds", "DTW shown", "DTW unseen"]
    header += [*list(SCORES.values())[1:], "converged, %", "CPU s"]
    return table(header, rows)


def _place(problem: str) -> int:
    order = list(MORE_DIMENSIONS)
    return order.index(problem) if problem in order else len(order)


def push_table(rows: dict[str, ByShape]) -> str:
    """Return a row per method or variant: how pushed states return, and those runs' accuracy."""
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
                name + code_mark(records_of(shapes)),
                runs(shapes),
                f"{np.mean([row['time'] for row, _ in back]):.2f}",
                f"{100 * np.mean(times):.1f} / {100 * max(times):.0f}",
                f"{np.mean([row['distance'] for row, _ in back]):.1f}",
                f"{len(pushes) - len(back)} of {len(pushes)}",
                f"{np.mean(figures(shapes, 'dtw')):.2f}",
                f"{np.mean(figures(shapes, 'rmse')):.2f}",
            ]
        )
    header = ["", "shapes x seeds", "back after, s", "% of the duration", "way, mm", "not back"]
    return table([*header, "DTW", "RMSE"], lines)


def pushed(shapes: ByShape) -> ByShape:
    """Return those records that were pushed, by `push_returns` as it is now.

    Before, pushes onto another branch of the path were not left out.
    """
    found = {
        name: [record for record in records if "left_out" in record.get("pushes", {})]
        for name, records in shapes.items()
    }
    return {name: records for name, records in found.items() if records}


def _three(numbers: Sequence[float]) -> str:
    return f"{np.mean(numbers):.2f} / {np.median(numbers):.2f} / {max(numbers):.2f}"


def _cell(records: Sequence[Record]) -> str:
    if not records:
        return "-"
    dtw = seeds(records, "dtw")
    spread = f" ({min(dtw):.2f}-{max(dtw):.2f})" if len(dtw) > 1 else ""
    return f"{figure(records, 'dtw'):.2f}{spread}, {figure(records, 'rmse'):.1f}"


def push_facts(rows: dict[str, ByShape]) -> dict[str, str]:
    """Return the half-widths of the corridors and how many pushes are left out, in words.

    Corridor and pushes are the shape's, the same for every method.
    """
    found = {
        name: records[0]["pushes"] for r in rows.values() for name, records in pushed(r).items()
    }
    if not found:
        return {"corridors": "not run", "pushes left out": "not run"}
    widths = [push["half_width"] for push in found.values()]
    left_out = sum(push["left_out"] for push in found.values())
    return {
        "corridors": f"{min(widths):.1f} to {max(widths):.1f} mm (mean {np.mean(widths):.1f})",
        "pushes left out": f"{left_out} of {2 * len(PHASES) * len(found)}",
    }


def scale_table(results: Results) -> str:
    """Return what half the peer's mean error is, beside what needs no learning."""
    methods = ("eflow", "mean", "best")
    found = common(*(single(results.of("a", method)) for method in methods))
    if not found[0]:
        return "Not run."
    peer, mean, best = (float(np.mean(figures(shapes, "dtw"))) for shapes in found)
    rows = [
        ["half of EFlow's", f"{peer / 2:.2f}"],
        ["the mean demonstration, played by the clock", f"{mean:.2f}"],
        ["the best shown demonstration, chosen with hindsight", f"{best:.2f}"],
    ]
    return table([f"mean DTW over {len(found[0])} shapes", "mm"], rows)


def choice_table(results: Results) -> str:
    """Return the default field's mean DTW over the mean demonstration's, by protocol."""
    rows = []
    for part in ("a", "e"):
        ours, mean = common(*(single(results.of(part, m)) for m in (DEFAULT_FIELD, "mean")))
        if ours:
            ratio = np.mean(figures(ours, "dtw")) / np.mean(figures(mean, "dtw"))
            rows.append([f"({part}){code_mark(records_of(ours))}", f"{ratio:.2f}"])
    return table(["protocol", "the field's mean DTW over the mean demonstration's"], rows)


def conditions_table(results: Results) -> str:
    """Return settings, training code and processor of each protocol and method, and failures."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for part in PROTOCOLS:
        for method in results.methods(part):
            records = records_of(results.of(part, method))
            settings = records[0]["settings"]
            if part == "settings" or not settings:
                continue
            listed = ", ".join(f"{name} {value:g}" for name, value in settings.items())
            code = "checkout" if method == "eflow" else "code"
            codes = ", ".join(sorted({record.get(code, "unknown") for record in records}))
            cpus = ", ".join(sorted({record["machine"]["cpu"] for record in records}))
            rows.setdefault((METHODS[method], codes, cpus, listed), []).append(part)
    body = [[row[0], ", ".join(parts), *row[1:]] for row, parts in rows.items()]
    header = ["method", "protocols", "code", "processor", "settings"]
    failed = "".join(
        f"\n- Failed: {r['part']}, {r['shape']}, {r['method']}, seed {r['seed']}: {r['error']}"
        for r in results.failed
    )
    lines = machine_lines(results.records)
    return f"{table(header, body, words=5)}\n\n{lines}{failed}"


def _name(method: str, records: Sequence[Record]) -> str:
    return METHODS[method] + code_mark(records)
