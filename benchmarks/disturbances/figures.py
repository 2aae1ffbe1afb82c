"""The pictures of docs/disturbance_rejection.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from elcd_policy.plotting import save_figure
from elcd_policy.plotting.style import INK, label_axes
from elcd_policy_sim.report.campaign_figures import box_figure, path_figure

from ..store import Record
from .tables import campaigns_of


def draw_paths(records: Sequence[Record], path: Path) -> None:
    """Draw the arms' ways, a panel for each campaign."""
    save_figure(path_figure([result for result, _ in campaigns_of(records)]), path)


def draw_spread(records: Sequence[Record], path: Path) -> None:
    """Draw how the figures of the episodes spread, for each campaign."""
    save_figure(box_figure([result for result, _ in campaigns_of(records)]), path)


def draw_sweep(record: Record, path: Path) -> None:
    """Draw the share recovered by rate and latency, the median peak deviation written in."""
    sweep = record["simulated"]
    rates, latencies = sweep["rates_hz"], sweep["latencies_ms"]
    shape = (len(rates), len(latencies))
    shares = np.reshape([cell["recovered_share"] for cell in sweep["cells"]], shape)
    peaks = np.reshape([cell["peak_deviation_mm"] for cell in sweep["cells"]], shape)
    figure = Figure(figsize=(1.2 * shape[1] + 2.0, 0.5 * shape[0] + 1.2), layout="constrained")
    ax = figure.subplots()
    image = ax.imshow(100 * shares, vmin=0, vmax=100, cmap="RdYlGn", aspect="auto", alpha=0.75)
    for (row, column), peak in np.ndenumerate(peaks):
        text = f"{peak:.0f} mm" if peak < 1e4 else "far"
        ax.text(column, row, text, ha="center", va="center", fontsize=8, color=INK)
    ax.set_xticks(range(shape[1]), [f"{latency:g}" for latency in latencies])
    ax.set_yticks(range(shape[0]), [f"{rate:g}" for rate in rates])
    label_axes(ax, "latency [ms]", "control rate [Hz]")
    bar = figure.colorbar(image, ax=ax)
    bar.set_label("recovered [%]; numbers: median peak deviation", fontsize=8, color=INK)
    bar.ax.tick_params(labelsize=8, colors=INK)
    save_figure(figure, path)
