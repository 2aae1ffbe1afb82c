"""The picture of docs/compression.md: size against accuracy, memory against updates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from elcd_policy.plotting import save_figure
from elcd_policy.plotting.style import EXECUTED, INK, LINE, REACHED, ROLLOUT, label_axes

from ..store import Record

NAMES = {"unrolled": "DKM", "implicit": "IDKM", "jfb": "IDKM-JFB"}
COLOURS = {"unrolled": EXECUTED["color"], "implicit": ROLLOUT["color"], "jfb": REACHED}


def draw_compression(policies: Sequence[Record], networks: Sequence[Record], path: Path) -> None:
    """Draw size against accuracy of the policies; memory against t of ResNet-18."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    sizes = sorted({record["bits"] for record in policies})
    for bits in sizes:
        of = [record for record in policies if record["bits"] == bits]
        size = float(np.mean([record["weight_bytes_after"] for record in of]))
        changes = [record["dtw_after"] / record["dtw_before"] for record in of]
        left.plot([size] * len(of), changes, "o", ms=3.5, color="#b9c0c7")
        was, now = means(of)
        left.plot(size, now / was, "D", ms=6, color=ROLLOUT["color"])
        left.annotate(
            f"{bits} bits", (size, now / was), (6, 5), textcoords="offset points", fontsize=8
        )
    if policies:
        left.axhline(1.1, color=INK, lw=0.7, ls=":")
        left.set_yscale("log", base=2)
        left.set_yticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    before = f"; uncompressed {policies[0]['weight_bytes_before']}" if policies else ""
    label_axes(left, f"weights [bytes]{before}", "DTW after / before")
    for gradient, of_t in peak_memory(networks).items():
        right.plot(
            list(of_t),
            list(of_t.values()),
            "o-",
            ms=8 if gradient == "implicit" else 4,  # or the other one, as flat, hides it
            color=COLOURS[gradient],
            label=NAMES[gradient],
            **LINE,
        )
    right.set_xscale("log", base=2)
    right.set_xticks([1, 2, 5, 10, 30], ["1", "2", "5", "10", "30"])
    right.set_ylim(bottom=0)
    label_axes(right, "updates t in a step", "peak memory [MiB], ResNet-18")
    if right.get_legend_handles_labels()[0]:
        right.legend(frameon=False, fontsize=8, labelcolor=INK)
    save_figure(figure, path)


def means(records: Sequence[Record]) -> tuple[float, float]:
    """Return the mean DTW before and after, in mm."""
    before, after = (
        float(np.mean([record[name] for record in records])) for name in ("dtw_before", "dtw_after")
    )
    return before, after


def peak_memory(networks: Sequence[Record]) -> dict[str, dict[int, int]]:
    """Return peak memory in MiB of ResNet-18 at b = 4, d = 1, by gradient and t."""
    peaks: dict[str, dict[int, int]] = {}
    for record in networks:
        case = record["network"], record["bits"], record["dim"]
        if case == ("ResNet-18", 4, 1) and "peak_mib" in record:
            peaks.setdefault(record["gradient"], {})[record["iterations"]] = record["peak_mib"]
    return {name: dict(sorted(peaks[name].items())) for name in NAMES if name in peaks}
