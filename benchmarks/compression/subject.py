"""Size, accuracy, memory and time of quantised weights."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from elcd_policy.compression.compressed_policy import STEPS

from ..images import FASHION_MNIST, FOLDERS, MNIST
from ..machine import machine_lines
from ..options import add_folders, add_parts, check_names, numbers, present, words
from ..page import target_table
from ..store import Record, of_part
from . import tables as made
from .figures import draw_compression
from .files import FileJob, measure_file
from .networks import CNN, RESNET, Case, measure_network
from .policies import BITS, SHAPES, PolicyJob, measure_policy

EXAMPLE = """example:
  elcd benchmark compression --parts policies --shapes Sshape --bits 4
  elcd benchmark compression --parts networks
  elcd benchmark compression --parts files --files skills.pt sim/vision/detectors/red_box.pt
"""
PARTS = ("policies", "networks", "files")
Job = PolicyJob | Case | FileJob


def trains(job: Job) -> bool:
    """Return whether a job depends on this project's training."""
    return job.part == "policies"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `jobs`."""
    add_parts(parser, PARTS)
    parser.add_argument("--shapes", type=words, default=SHAPES, help="of policies (ten of them)")
    parser.add_argument("--bits", type=numbers, default=BITS, help="(4,3,2,8)")
    parser.add_argument("--steps", type=int, default=STEPS, help="of fine-tuning (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of policies (%(default)s)")
    parser.add_argument(
        "--trained", metavar="FOLDER", help="of policies SHAPE.pt, trained or to be trained"
    )
    parser.add_argument("--files", nargs="+", default=[], help="skill and detector files")
    add_folders(parser)


def jobs(
    *,
    parts: Sequence[str] = PARTS,
    shapes: Sequence[str] = SHAPES,
    bits: Sequence[int] = BITS,
    steps: int = STEPS,
    seed: int = 0,
    trained: str | None = None,
    files: Sequence[str] = (),
    mnist: str = MNIST,
    fashion_mnist: str = FASHION_MNIST,
) -> list[Job]:
    """Return the jobs of some parts; those of larger images only if these are there.

    Raises
    ------
    ParameterError
        For an unknown part.
    """
    check_names("part", parts, PARTS)
    folders = dict(zip(FOLDERS, (mnist, fashion_mnist), strict=True))
    found: list[Job] = []
    if "policies" in parts:
        where = trained or ""
        found += [PolicyJob("policies", s, b, steps, seed, where) for s in shapes for b in bits]
    if "networks" in parts:
        larger = [
            replace(case, images=name, folder=folders[name])
            for name in present(folders)
            for case in CNN
        ]
        found += [*CNN, *larger, *RESNET]
    if "files" in parts:
        found += [FileJob("files", Path(f).name, b, steps, f) for f in files for b in bits]
    return found


def run(job: Job) -> dict[str, Any]:
    """Compress and measure; return a JSON-ready result."""
    if isinstance(job, PolicyJob):
        return measure_policy(job)
    return measure_file(job) if isinstance(job, FileJob) else measure_network(job)


def tables(records: Sequence[Record]) -> dict[str, str]:
    """Return the parts of docs/compression.md."""
    policies, networks, files = (of_part(records, part) for part in PARTS)
    return {
        "targets": target_table(made.targets(policies, networks)),
        "policies": made.policy_table(policies),
        "policies by shape": made.shape_table(policies),
        "files": made.file_table(files),
        "load": made.load_text(networks),
        **{
            f"networks on {images}": made.network_table(
                [record for record in networks if record["images"] == images]
            )
            for images in ("digits", *FOLDERS)
        },
        "machine": machine_lines(records),
    }


def figures(records: Sequence[Record]) -> dict[str, Callable[[Path], object]]:
    """Return the picture of docs/compression.md."""
    policies, networks, _ = (of_part(records, part) for part in PARTS)
    if not (policies or networks):
        return {}
    return {"compression.png": partial(draw_compression, policies, networks)}
