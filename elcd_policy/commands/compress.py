"""Quantise a policy's weights, fine-tune and certify it, and write it as a small file."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from ..compression.gradients import GRADIENTS
from ..compression.motion import (
    LEARNING_RATE,
    STEPS,
    certify_compressed,
    compress_policy,
    own_motions,
)
from ..demonstrations import load_demonstrations
from ..errors import ParameterError
from ..evaluation import Scores, evaluate
from ..export import PACKED, check_target, export_packed, load_policy

EXAMPLE = """example:
  elcd compress sshape.pt lasa:Sshape -o sshape.elcdz
  elcd compress policy.pt -o policy.elcdz --bits 3

Without SOURCE it is fine-tuned on the policy's own motions. Every command and node takes the
small file like a .pt; it needs this library to be read.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", help="policy file")
    parser.add_argument(
        "source", nargs="?", help="demonstrations: lasa:NAME, a file or a folder (none)"
    )
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
    if args.steps < 0 or not args.learning_rate > 0 or not 0 <= args.seed < 2**63:
        raise ParameterError(
            "a setting of fine-tuning is out of range",
            got=f"{args.steps} steps, learning rate {args.learning_rate}, seed {args.seed}",
            expected="0 steps or more, a learning rate above 0, a seed of 0 or more",
        )
    check_target(args.output, (PACKED,))
    loaded = load_policy(args.policy)
    shown = load_demonstrations(args.source, units=args.units) if args.source else None
    begin = time.process_time()
    compressed = compress_policy(
        loaded,
        shown,
        bits=args.bits,
        dim=args.dim,
        gradient=args.gradient,
        steps=args.steps,
        learning_rate=args.learning_rate,
        seed=args.seed,
    )
    cpu = time.process_time() - begin
    certificate = certify_compressed(compressed)
    written = certificate.certified or args.allow_uncertified
    file = Path(args.output)
    if written:
        export_packed(compressed.policy, compressed.weights, file)
    judged = shown or own_motions(loaded)
    before, after = (Scores.mean(evaluate(p, judged)) for p in (loaded, compressed.policy))
    answer = {
        "file": str(file) if written else None,
        "policy": args.policy,
        "source": args.source,
        "seed": args.seed,
        "bits": args.bits,
        "dim": args.dim,
        "cpu_s": cpu,
        "weight_bytes_before": compressed.bytes_before,
        "weight_bytes_after": compressed.bytes_after,
        "file_bytes_before": Path(args.policy).stat().st_size,
        "file_bytes_after": file.stat().st_size if written else None,
        "bits_per_weight": 8 * compressed.bytes_after / compressed.weights.numbers(),
        "units": judged.units,
        "before": before.to_dict(),
        "after": after.to_dict(),
        "verdict": certificate.verdict,
        "reasons": certificate.reasons,
    }
    if args.json:
        print(json.dumps(answer))
    else:
        print(_table(answer, before, after, judged.source, certificate.summary))
    return 0 if certificate.certified else 1


def _table(answer: dict[str, Any], before: Scores, after: Scores, source: str, text: str) -> str:
    unit = "mm" if before.orientation is not None else answer["units"]
    first, second = answer["weight_bytes_before"], answer["weight_bytes_after"]
    lines = [
        f"weights    {first} to {second} bytes, {first / second:.1f} times less: "
        f"{answer['bits_per_weight']:.2f} bits a weight, codebooks included",
        f"accuracy   DTW {before.dtw:.3g} to {after.dtw:.3g} {unit} on {source}",
        f"verdict    {text}",
    ]
    if answer["file"] is None:
        return "\n".join([*lines, "not written: --allow-uncertified writes it all the same"])
    file = f"{answer['file_bytes_before']} to {answer['file_bytes_after']} bytes"
    return "\n".join([*lines, f"written    {answer['file']} ({file}, {answer['cpu_s']:.1f} CPU s)"])
