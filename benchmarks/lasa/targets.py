"""What the library sets out to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from elcd_policy.fields import FIELDS
from elcd_policy.training.fit import DEFAULT_FIELD

from .summary import (
    ByShape,
    Record,
    Results,
    common,
    figure,
    figures,
    planar,
    seeds,
    single,
    values,
)

#: How many shapes and seeds a verdict needs.
SINGLE_SHAPES, ALL_SHAPES, SEEDS = 26, 30, 3


@dataclass(frozen=True)
class Target:
    """A bar: what was asked, what was measured, and the verdict (None: not all was run)."""

    text: str
    measured: str = "not run"
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """In a word."""
        return {True: "met", False: "missed", None: "open"}[self.met]


def targets(results: Results, ticks: Record | None, cost: Record | None) -> list[Target]:
    """All bars, in the order of the table.

    Parameters
    ----------
    ticks, cost : the records of `measure_ticks` and `measure_cost`.
    """
    ours = single(results.of("a", DEFAULT_FIELD))
    rest = planar(results.of("b", DEFAULT_FIELD))
    judged = [
        *_against_peer(ours, single(results.of("a", "eflow"))),
        _worst(ours),
        _converged(results),
        _fields_compared(ours, single(results.of("a", "monotone"))),
        _guaranteed(ours),
        _cpu(rest, ALL_SHAPES),
    ]
    if any(results.outdated(field) for field in FIELDS):
        judged = [replace(target, met=None) for target in judged]
    return [*judged, _beside(cost, results), *_ticks(ticks)]


def _against_peer(ours: ByShape, peers: ByShape) -> list[Target]:
    texts = [
        "mean DTW unseen at most half EFlow's",
        "mean RMSE unseen at most 0.65 of EFlow's",
        "median DTW unseen below EFlow's",
        "median RMSE unseen below EFlow's",
        "no shape's DTW unseen above 1.1 of EFlow's",
        "no shape's RMSE unseen above 1.1 of EFlow's",
    ]
    if not (ours and peers and set(ours) & set(peers)):
        return [Target(text) for text in texts]
    ours, peers = common(ours, peers)
    complete = _complete(ours, SINGLE_SHAPES) and _complete(peers, SINGLE_SHAPES)
    note = _coverage(ours, SINGLE_SHAPES)
    rows: list[tuple[str, bool, bool]] = []
    every = len(ours) >= SINGLE_SHAPES
    for statistic, limits in ((np.mean, (0.5, 0.65)), (np.median, (1.0, 1.0))):
        for score, limit in zip(("dtw", "rmse"), limits, strict=True):
            mine, theirs = statistic(figures(ours, score)), statistic(figures(peers, score))
            text = f"{mine:.2f} / {theirs:.2f} mm = {mine / theirs:.2f}"
            rows.append((text, bool(mine <= limit * theirs), every))
    for score in ("dtw", "rmse"):
        ratios = {shape: figure(ours[shape], score) / figure(peers[shape], score) for shape in ours}
        shape = max(ratios, key=ratios.__getitem__)
        above = sum(ratio > 1.1 for ratio in ratios.values())
        rows.append((f"largest {ratios[shape]:.2f} ({shape}), {above} above", above == 0, True))
    return [
        _judged(text, measured + note, met, complete, decisive)
        for text, (measured, met, decisive) in zip(texts, rows, strict=True)
    ]


def _worst(ours: ByShape) -> Target:
    text = "no shape above 3 mm DTW unseen, whatever the seed"
    if not ours:
        return Target(text)
    worst = {shape: max(seeds(records, "dtw")) for shape, records in ours.items()}
    shape = max(worst, key=worst.__getitem__)
    measured = f"largest {worst[shape]:.2f} mm ({shape})" + _coverage(ours, SINGLE_SHAPES)
    return _judged(text, measured, worst[shape] <= 3.0, _complete(ours, SINGLE_SHAPES))


def _converged(results: Results) -> Target:
    text = "100 % of the grid converges: every shape, seed, field and protocol (a, b)"
    runs = [
        planar(results.of(protocol, method))
        for protocol in ("a", "b")
        for method in ("elcd", "monotone")
    ]
    shares = [share for run in runs for share in values(run, "converged")]
    if not shares:
        return Target(text)
    short = sum(share < 1.0 for share in shares)
    measured = f"smallest share {100 * min(shares):.1f} %; {short} of {len(shares)} runs below 100"
    return _judged(text, measured, short == 0, all(_complete(run, ALL_SHAPES) for run in runs))


def _fields_compared(elcd: ByShape, monotone: ByShape) -> Target:
    text = "the monotone field's mean DTW unseen within 25 % of the ELCD field's"
    if not (elcd and monotone and set(elcd) & set(monotone)):
        return Target(text)
    elcd, monotone = common(elcd, monotone)
    first, second = np.mean(figures(monotone, "dtw")), np.mean(figures(elcd, "dtw"))
    measured = f"{first:.2f} / {second:.2f} mm = {first / second:.2f}"
    return _judged(
        text,
        measured + _coverage(elcd, SINGLE_SHAPES),
        bool(first <= 1.25 * second),
        _complete(elcd, SINGLE_SHAPES) and _complete(monotone, SINGLE_SHAPES),
        len(elcd) >= SINGLE_SHAPES,
    )


def _guaranteed(ours: ByShape) -> Target:
    text = "guaranteed rate times demonstrated duration at least 1"
    rates = values(ours, "rate_times_duration")
    if not rates:
        return Target(text)
    measured = f"{min(rates):.2f}" + _coverage(ours, SINGLE_SHAPES)
    return _judged(text, measured, min(rates) >= 1.0, _complete(ours, SINGLE_SHAPES))


def _cpu(ours: ByShape, shapes: int) -> Target:
    text = "training one shape (all 7 demonstrations) takes at most 15 CPU seconds"
    seconds = values(ours, "cpu_s")
    if not seconds:
        return Target(text)
    measured = f"mean {np.mean(seconds):.1f} s, largest {max(seconds):.1f} s"
    return _judged(
        text, measured + _coverage(ours, shapes), max(seconds) <= 15.0, _complete(ours, shapes)
    )


def _beside(cost: Record | None, results: Results) -> Target:
    text = "training in fewer CPU seconds than EFlow's, by turns in one run"
    rows = (cost or {}).get("beside", [])
    if not (cost and rows):
        return Target(text)
    mine, theirs = (
        float(np.mean([row[name] for row in rows])) for name in ("cpu_s", "eflow_cpu_s")
    )
    measured = f"{mine:.1f} / {theirs:.1f} s = {mine / theirs:.2f} ({len(rows)} shapes)"
    of_these = cost["code"] == results.code(DEFAULT_FIELD)
    return Target(text, measured, mine < theirs if of_these else None)


def _ticks(ticks: Record | None) -> list[Target]:
    torchscript = "a 2-D control tick at most 10 x a plain 2-64-64-2 network's (TorchScript)"
    best = "the same at most 5 x in the best deployable runtime"
    rows = [row for row in (ticks or {"rows": []})["rows"] if row["dimension"] == 2]
    if not rows:
        return [Target(torchscript), Target(best)]
    by_runtime = {row["runtime"]: row["ratio"] for row in rows}
    first = by_runtime["TorchScript"]
    name = min(by_runtime, key=by_runtime.__getitem__)
    return [
        Target(torchscript, f"{first:.1f} x", first <= 10.0),
        Target(best, f"{by_runtime[name]:.1f} x ({name})", by_runtime[name] <= 5.0),
    ]


def _complete(shapes: ByShape, count: int) -> bool:
    return len(shapes) >= count and all(len(r) >= SEEDS for r in shapes.values())


def _coverage(shapes: ByShape, count: int) -> str:
    return "" if len(shapes) >= count else f" ({len(shapes)} of {count} shapes)"


def _judged(text: str, measured: str, met: bool, complete: bool, decisive: bool = True) -> Target:
    """A bar is met only on all runs; one bad run can miss it, a mean over some shapes can't.

    Parameters
    ----------
    complete : whether all was run that the verdict needs.
    decisive : whether what was run is enough to miss it.
    """
    return Target(text, measured, met if complete or (decisive and not met) else None)


def counts(judged: Sequence[Target]) -> str:
    """How many are met, missed and open."""
    return ", ".join(
        f"{sum(target.verdict == word for target in judged)} {word}"
        for word in ("met", "missed", "open")
    )
