"""Quantise the weights of a policy, skill or detector file, and write it as a small one.

Fine-tuned on SOURCE, certified with the weights that will run, and scored before and after.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ..compression.compressed_file import CompressedFile
from ..compression.compressed_policy import LEARNING_RATE, STEPS
from ..compression.gradients import GRADIENTS
from ..errors import ParameterError
from ..formats.archive import tag_of
from ..formats.packed_archive import PACKED
from ..formats.policy_file import check_target
from ..perception.detector_file import KIND as DETECTOR
from ..sequence.skill_file import KIND as SKILLS
from .commands import load_command

EXAMPLE = """example:
  elcd compress sshape.pt lasa:Sshape -o sshape.elcdz
  elcd compress policy.pt -o policy.elcdz --bits 3
  elcd compress skills.pt -o skills.elcdz
  elcd compress detector.pt scenes:1000 -o detector.elcdz

SOURCE of a policy: demonstrations; without them, the policy's own motions. Of skills: as for
`elcd skills`; without it, what they were learned from. Of a detector: scenes:N, a number of
rendered scenes. Every command and node takes the small file like a .pt; it needs this library to
be read.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", help="policy, skill or detector file")
    parser.add_argument("source", nargs="*", help="what to fine-tune on, see below")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=f"the small file, *{PACKED}"
    )
    parser.add_argument("--bits", type=int, default=4, help="of an index, 1 to 8 (%(default)s)")
    parser.add_argument("--dim", type=int, default=1, help="weights an index names (%(default)s)")
    parser.add_argument(
        "--gradient", choices=GRADIENTS, default="jfb", help="of soft k-means (%(default)s)"
    )
    parser.add_argument("--steps", type=int, default=STEPS, help="of fine-tuning (%(default)s)")
    parser.add_argument(
        "--learning-rate", type=float, default=LEARNING_RATE, metavar="X", help="(%(default)s)"
    )
    parser.add_argument("--units", help="of the positions, where the source does not say (m)")
    parser.add_argument(
        "--allow-uncertified", action="store_true", help="write it even if it can't be certified"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Compress, certify, score, write.

    Returns
    -------
    0, or 1 if the result can't be certified: it is then written only if that is allowed.
    """
    answer, done = compress_file(
        args.policy,
        args.output,
        args.source,
        bits=args.bits,
        dim=args.dim,
        gradient=args.gradient,
        steps=args.steps,
        learning_rate=args.learning_rate,
        units=args.units,
        allow_uncertified=args.allow_uncertified,
        seed=args.seed,
    )
    print(json.dumps(answer) if args.json else _table(answer, done))
    return 0 if done.certified else 1


def compress_file(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    source: Sequence[str] = (),
    *,
    bits: int = 4,
    dim: int = 1,
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    allow_uncertified: bool = False,
    **settings: Any,
) -> tuple[dict[str, Any], CompressedFile]:
    """Quantise a policy, skill or detector file and write the small one, if it may be written.

    Parameters
    ----------
    source : what to fine-tune on, see `EXAMPLE`.
    allow_uncertified : write it even if it can't be certified.
    bits, dim, steps, learning_rate, seed, settings : see `compress_policy`.

    Returns
    -------
    What ``--json`` prints, and the result that it describes.

    Raises
    ------
    ElcdError
        If a file can't be read or written, or a setting is out of range.
    """
    file = check_target(output, (PACKED,))
    done: CompressedFile = _find_compressor(path).compress_file(
        path,
        source,
        bits=bits,
        dim=dim,
        steps=steps,
        learning_rate=learning_rate,
        seed=seed,
        **settings,
    )
    written = done.certified or allow_uncertified
    if written:
        done.write(file)
    answer = {
        "file": str(file) if written else None,
        "policy": str(path),
        "source": done.source,
        "seed": seed,
        "bits": bits,
        "dim": dim,
        "cpu_s": done.cpu_s,
        "weight_bytes_before": done.small.bytes_before,
        "weight_bytes_after": done.small.bytes_after,
        "file_bytes_before": Path(path).stat().st_size,
        "file_bytes_after": file.stat().st_size if written else None,
        "bits_per_weight": 8 * done.small.bytes_after / done.small.weights.numbers(),
        "before": done.before,
        "after": done.after,
        "verdict": done.verdict,
        "reasons": done.reasons,
    }
    return answer, done


def _find_compressor(path: str | os.PathLike[str]) -> ModuleType:
    """Return the module that offers ``compress_file`` for a file's kind."""
    kind = tag_of(path)
    if kind == DETECTOR:
        # It renders its pictures: who trains detectors has the scenes to fine-tune them on.
        return load_command("detector")
    rooms = {None: "compression.compressed_policy", SKILLS: "sequence.compressed_skills"}
    if kind not in rooms:
        raise ParameterError(
            f"{path} can't be compressed",
            got=f"a {kind}",
            expected=f"a policy, a {SKILLS}, a {DETECTOR}",
        )
    return importlib.import_module(f"..{rooms[kind]}", __package__)


def _table(answer: dict[str, Any], done: CompressedFile) -> str:
    first, second = done.small.bytes_before, done.small.bytes_after
    lines = [
        f"weights    {first} to {second} bytes, {first / second:.1f} times less: "
        f"{answer['bits_per_weight']:.2f} bits a weight, codebooks included",
        f"accuracy   {done.accuracy} on {done.source}",
        f"verdict    {done.summary}",
    ]
    if answer["file"] is None:
        return "\n".join([*lines, "not written: --allow-uncertified writes it all the same"])
    file = f"{answer['file_bytes_before']} to {answer['file_bytes_after']} bytes"
    return "\n".join([*lines, f"written    {answer['file']} ({file}, {done.cpu_s:.1f} CPU s)"])
