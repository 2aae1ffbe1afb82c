"""Detector files with quantised weights, fine-tuned and scored on rendered scenes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from elcd_policy.certificate import CERTIFIED, NOT_CERTIFIED
from elcd_policy.compression.compressed_file import CompressedFile, measure_cpu_time
from elcd_policy.errors import ParameterError
from elcd_policy.perception import NAISNet, compress_detector, load_detector, save_detector

from ..robot import load_robot
from .detector_training import HELD_OUT, HELD_OUT_SEED, measure_errors
from .training_images import render_training_images

SCENES = "scenes:1000"


def compress(
    path: str | os.PathLike[str],
    *,
    scenes: int = 1000,
    bits: int = 4,
    dim: int = 1,
    seed: int = 0,
    held_out: int = HELD_OUT,
    **settings: Any,
) -> CompressedFile:
    """Compress a detector file, fine-tuned on rendered scenes and measured on others.

    Parameters
    ----------
    path : of the file.
    scenes : images to fine-tune on.
    seed : of the scenes and of fine-tuning.
    held_out : images to measure on.
    bits, dim, settings : see `elcd_policy.perception.compress_detector`.
    """
    loaded = load_detector(path)
    facts = loaded.metadata
    robot = load_robot(facts.training.get("robot", "panda"))
    images, places = render_training_images(robot, scenes, seed)
    settings |= {"bits": bits, "dim": dim, "seed": seed}
    small, cpu = measure_cpu_time(lambda: compress_detector(loaded, images, places, **settings))
    held = render_training_images(robot, held_out, HELD_OUT_SEED)
    before, after = (measure_errors(model, *held) for model in (loaded.module, small.module))
    net = small.module.net
    certificate = net.certificate() if isinstance(net, NAISNet) else None
    certified = certificate is not None and certificate.holds
    if certificate is None:
        reasons = ["a net without a certificate"]
    else:
        reasons = [] if certified else ["the weights are not where the construction puts them"]
    training = {
        **facts.training,
        "compressed": {
            "bits": bits,
            "dim": dim,
            "scenes": scenes,
            "seed": seed,
        },
        "held_out": {"scenes": held_out, "seed": HELD_OUT_SEED, **after},
    }
    metadata = replace(
        facts,
        certificate=certificate.to_dict() if certificate is not None else None,
        training=training,
    )
    verdict = CERTIFIED if certified else NOT_CERTIFIED
    bound = "" if certificate is None else f", Lipschitz bound {certificate.lipschitz_bound:.3g}"
    return CompressedFile(
        small=small,
        cpu_s=cpu,
        source=f"{held_out} scenes not learned from",
        before=before,
        after=after,
        accuracy=f"error {before['median_mm']:.1f} to {after['median_mm']:.1f} mm median, found "
        f"{before['found']:.1%} to {after['found']:.1%}",
        verdict=verdict,
        reasons=reasons,
        summary=f"{verdict}: stable blocks{bound}" if certified else f"{verdict}: {reasons[0]}",
        write=lambda target: save_detector(small.module, metadata, target, small.weights),
    )


def compress_file(
    path: str | os.PathLike[str],
    source: Sequence[str] = (),
    *,
    units: str | None = None,
    **settings: Any,
) -> CompressedFile:
    """Compress a detector file as `elcd compress` does.

    Parameters
    ----------
    source : ``scenes:N``, how many to render.
    units : make no difference to a detector.
    settings : see `compress`.

    Raises
    ------
    ParameterError
        If the source is no number of scenes.
    """
    return compress(path, scenes=_count(source), **settings)


def _count(source: Sequence[str]) -> int:
    kind, _, number = (" ".join(source) or SCENES).partition(":")
    if kind != "scenes" or not number.isdecimal() or int(number) < 1:
        raise ParameterError(
            "no scenes to fine-tune a detector on", got=" ".join(source), expected=SCENES
        )
    return int(number)
