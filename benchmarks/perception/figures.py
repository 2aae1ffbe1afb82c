"""The pictures of docs/perception.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import numpy as np
from matplotlib.figure import Figure

from elcd_policy.perception import load_detector
from elcd_policy.plotting import save_figure
from elcd_policy.plotting.style import INK, PUSH, REACHED, add_legend, label_axes
from elcd_policy_sim.robot import load_robot
from elcd_policy_sim.vision.detector_training import CONFIDENT, DETECTOR
from elcd_policy_sim.vision.training_images import render_training_images

from ..store import Record

COLOURS = {"nais": "#0072b2", "cnn": "#d55e00"}
NAMES = {"nais": "NAIS-Net", "cnn": "CNN of equal size"}
NETS = {"NAIS-Net, ReLU": "#0072b2", "NAIS-Net, tanh": "#56b4e9", "ResNet": "#d55e00"}
SCENES, SEED = 16, 3_000_000


def draw_scenes(path: Path) -> None:
    """Draw held-out scenes, with the box's true place and what the package's detector found."""
    images, places = render_training_images(
        load_robot("panda"), SCENES, SEED, absent=0.12, progress=False
    )
    detector = load_detector(DETECTOR)
    camera = detector.metadata.camera
    figure = Figure(figsize=(10.0, 2.75), layout="constrained")
    for ax, image, place in zip(figure.subplots(2, SCENES // 2).flat, images, places, strict=True):
        found = detector.locate(image)
        ax.imshow(image, extent=(0, camera.width, camera.height, 0), interpolation="nearest")
        if np.isfinite(place[0]):
            ax.plot(*camera.project(place), "o", ms=17, mfc="none", mec="white", mew=0.8)
        if found.confidence >= CONFIDENT:
            ax.plot(*camera.project(found.position), "+", ms=9, color=REACHED, mew=0.8)
        off = 1e3 * np.linalg.norm(found.position - place)
        words = f"{off:.1f} mm" if np.isfinite(off) else "not to be seen"
        ax.set_title(
            words if found.confidence >= CONFIDENT else "nothing found", fontsize=7, color=INK
        )
        ax.set_axis_off()
    save_figure(figure, path)


def draw_noise(rows: Sequence[Record], path: Path) -> None:
    """Draw error and share of found boxes against the noise, one line a detector."""
    figure = Figure(figsize=(8.0, 3.0), layout="constrained")
    error, found = figure.subplots(1, 2)
    for row in rows:
        sizes = [float(size) for size in row["noise"]]
        cells = list(row["noise"].values())
        style = {"color": COLOURS[row["net"]], "marker": "o", "ms": 3.5}
        error.plot(sizes, [c["median_mm"] for c in cells], label=NAMES[row["net"]], **style)
        error.plot(sizes, [c["p95_mm"] for c in cells], ls=":", **style)
        found.plot(sizes, [100 * c["found"] for c in cells], **style)
    error.set_yscale("log")
    error.set_yticks([2, 5, 10, 20], ["2", "5", "10", "20"])
    error.minorticks_off()
    found.set_ylim(0, 103)
    label_axes(error, "noise [of 255]", "error [mm]: median, 95 % dotted")
    label_axes(found, "noise [of 255]", "boxes found [%]")
    add_legend(figure, error)
    save_figure(figure, path)


def draw_digits(rows: Sequence[Record], path: Path) -> None:
    """Draw accuracy on shown and unseen digits; state and accuracy when unrolled deeper."""
    figure = Figure(figsize=(10.0, 3.0), layout="constrained")
    gap, accuracy, state = figure.subplots(1, 3)
    for number, (name, colour) in enumerate(NETS.items()):
        group = [row for row in rows if row["net"] == name]
        for row in group:
            gap.plot([number] * 2, [100 * row["train"], 100 * row["test"]], color=colour, lw=1)
        gap.plot([number] * len(group), [100 * row["train"] for row in group], "o", color=colour)
        gap.plot(
            [number] * len(group), [100 * row["test"] for row in group], "o", mfc="w", color=colour
        )
        times = [int(count) for count in group[0]["deeper"]]
        deeper = [[row["deeper"][str(count)] for row in group] for count in times]
        means = [100 * mean(each["test"] for each in cells) for cells in deeper]
        accuracy.plot(times, means, "o-", ms=3.5, color=colour, label=name)
        largest = [max(each["largest_state"] or np.inf for each in cells) for cells in deeper]
        state.plot(times, largest, "o-", ms=3.5, color=colour)
    gap.set_xticks(range(len(NETS)), [name.replace(", ", "\n") for name in NETS])
    gap.margins(x=0.2)
    label_axes(gap, "", "named right [%], unseen hollow")
    accuracy.axhline(10, color=PUSH, lw=0.8, ls="--")
    label_axes(accuracy, "times the trained depth", "unseen named right [%]")
    state.set_yscale("log")
    label_axes(state, "times the trained depth", "largest state")
    for ax in (accuracy, state):
        ax.set_xscale("log")
        ax.set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
        ax.minorticks_off()
    add_legend(figure, accuracy)
    save_figure(figure, path)
