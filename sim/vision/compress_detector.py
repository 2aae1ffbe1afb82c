"""``elcd compress`` of a detector file."""

from __future__ import annotations

import argparse
from dataclasses import replace

from elcd_policy.certificate import CERTIFIED, NOT_CERTIFIED
from elcd_policy.cli.compress import Compressed, settings, timed
from elcd_policy.compression.networks import compress_detector
from elcd_policy.errors import ParameterError
from elcd_policy.perception import NAISNet, load_detector, save_detector

from ..robot import load_robot
from .detector import HELD_OUT, HELD_OUT_SEED, errors
from .scenes import rendered_scenes

SCENES = "scenes:1000"


def compressed(args: argparse.Namespace) -> Compressed:
    """The detector, fine-tuned on rendered scenes."""
    loaded = load_detector(args.policy)
    facts = loaded.metadata
    count = _count(args.source)
    robot = load_robot(facts.training.get("robot", "panda"))
    images, places = rendered_scenes(robot, count, args.seed)
    small, cpu = timed(lambda: compress_detector(loaded, images, places, **settings(args)))
    held_out = rendered_scenes(robot, HELD_OUT, HELD_OUT_SEED)
    before, after = (errors(model, *held_out) for model in (loaded.module, small.module))
    net = small.module.net
    certificate = net.certificate() if isinstance(net, NAISNet) else None
    certified = certificate is not None and certificate.holds
    if certificate is None:
        reasons = ["a net without a certificate"]
    else:
        reasons = [] if certified else ["the weights are not where the construction puts them"]
    training = {
        **facts.training,
        "compressed": {"bits": args.bits, "dim": args.dim, "scenes": count, "seed": args.seed},
        "held_out": {"scenes": HELD_OUT, "seed": HELD_OUT_SEED, **after},
    }
    metadata = replace(
        facts,
        certificate=certificate.to_dict() if certificate is not None else None,
        training=training,
    )
    verdict = CERTIFIED if certified else NOT_CERTIFIED
    bound = "" if certificate is None else f", Lipschitz bound {certificate.lipschitz_bound:.3g}"
    return Compressed(
        small=small,
        cpu_s=cpu,
        source=f"{HELD_OUT} scenes not learned from",
        before=before,
        after=after,
        accuracy=f"error {before['median_mm']:.1f} to {after['median_mm']:.1f} mm median, seen "
        f"{before['found']:.1%} to {after['found']:.1%}",
        verdict=verdict,
        reasons=reasons,
        summary=f"{verdict}: stable blocks{bound}" if certified else f"{verdict}: {reasons[0]}",
        write=lambda path: save_detector(small.module, metadata, path, small.weights),
    )


def _count(source: list[str]) -> int:
    kind, _, number = (" ".join(source) or SCENES).partition(":")
    if kind != "scenes" or not number.isdecimal() or int(number) < 1:
        raise ParameterError(
            "no scenes to fine-tune a detector on", got=" ".join(source), expected=SCENES
        )
    return int(number)
