"""The picture of a sweep over control rates and latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from elcd_policy.plotting.style import INK, label_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sweep_figure(sweep: dict[str, Any]) -> Figure:
    """Share recovered by control rate and latency, with the median peak deviation written in.

    Parameters
    ----------
    sweep : from `run_sweep`.
    """
    from matplotlib.figure import Figure

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
    return figure
