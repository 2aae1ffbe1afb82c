"""Quantise the weights of a policy, skill or detector file, and write it as a small one.

Fine-tuned on SOURCE, certified with the weights that will run, and scored before and after.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, cast

from ..certificate import CERTIFIED
from ..compression import PackedWeights
from ..compression.gradients import GRADIENTS
from ..compression.motion import LEARNING_RATE, STEPS
from ..errors import MissingExtraError, ParameterError
from ..formats.archive import tag_of
from ..formats.packed_archive import PACKED
from ..formats.policy_file import check_target
from ..sequence.skill_file import KIND as SKILLS

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
#: Of modules that compress what this package has no data for: each offers
#: ``compressed(args) -> Compressed``, under its kind's tag with "-" for blanks.
GROUP = "elcd.compressors"


class Quantised(Protocol):
    """What is common to `CompressedPolicy` and `CompressedNetwork`."""

    @property
    def weights(self) -> PackedWeights:
        """As they are stored."""

    @property
    def bytes_before(self) -> int:
        """Of all weights and buffers."""

    @property
    def bytes_after(self) -> int:
        """The same, indices and codebooks counted."""


@dataclass(frozen=True)
class Compressed:
    """A file's content with quantised weights, judged.

    Parameters
    ----------
    small : the quantised model.
    cpu_s : of fine-tuning.
    source : what it was fine-tuned and scored on.
    before, after : scores.
    accuracy : both, in words.
    verdict, reasons : whether what is claimed of such a file holds for the quantised weights.
    summary : verdict and reasons, in words.
    write : writes the small file.
    """

    small: Quantised
    cpu_s: float
    source: str
    before: dict[str, Any]
    after: dict[str, Any]
    accuracy: str
    verdict: str
    reasons: list[str]
    summary: str
    write: Callable[[Path], object]

    @property
    def certified(self) -> bool:
        """Whether the file may be written without asking."""
        return self.verdict == CERTIFIED


class Compressor(Protocol):
    """Compresses one kind of file."""

    def compressed(self, args: argparse.Namespace) -> Compressed:
        """What the command line asks for."""


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
    answer, done = compress_file(args)
    print(json.dumps(answer) if args.json else _table(answer, done))
    return 0 if done.certified else 1


def compress_file(args: argparse.Namespace) -> tuple[dict[str, Any], Compressed]:
    """What ``--json`` prints, and what it says of; the file is written if it may be."""
    if args.steps < 0 or not args.learning_rate > 0 or not 0 <= args.seed < 2**63:
        raise ParameterError(
            "a setting of fine-tuning is out of range",
            got=f"{args.steps} steps, learning rate {args.learning_rate}, seed {args.seed}",
            expected="0 steps or more, a learning rate above 0, a seed of 0 or more",
        )
    check_target(args.output, (PACKED,))
    done = _compressor(args.policy).compressed(args)
    written = done.certified or args.allow_uncertified
    file = Path(args.output)
    if written:
        done.write(file)
    answer = {
        "file": str(file) if written else None,
        "policy": args.policy,
        "source": done.source,
        "seed": args.seed,
        "bits": args.bits,
        "dim": args.dim,
        "cpu_s": done.cpu_s,
        "weight_bytes_before": done.small.bytes_before,
        "weight_bytes_after": done.small.bytes_after,
        "file_bytes_before": Path(args.policy).stat().st_size,
        "file_bytes_after": file.stat().st_size if written else None,
        "bits_per_weight": 8 * done.small.bytes_after / done.small.weights.numbers(),
        "before": done.before,
        "after": done.after,
        "verdict": done.verdict,
        "reasons": done.reasons,
    }
    return answer, done


def settings(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line says of quantising and fine-tuning, as keywords."""
    names = ("bits", "dim", "gradient", "steps", "learning_rate", "seed")
    return {name: getattr(args, name) for name in names}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What some work gives, and the CPU time it took in s."""
    begin = time.process_time()
    return work(), time.process_time() - begin


def _compressor(path: str) -> Compressor:
    tag = tag_of(path)
    if tag is None or tag == SKILLS:
        name = "compress_policy" if tag is None else "compress_skills"
        return cast(Compressor, importlib.import_module(f"{__package__}.{name}"))
    found = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    name = tag.replace(" ", "-")
    if name not in found:
        kinds = ", a ".join(["policy", SKILLS, *(key.replace("-", " ") for key in found)])
        raise ParameterError(
            f"{path} can't be compressed",
            got=f"a {tag}",
            expected=f"a {kinds}",
        )
    try:
        return cast(Compressor, importlib.import_module(found[name]))
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or name, "sim") from error


def _table(answer: dict[str, Any], done: Compressed) -> str:
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
