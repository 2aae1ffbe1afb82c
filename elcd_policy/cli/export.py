"""Write a policy file in another format: TorchScript, ONNX, or C for a controller."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..formats.policy_file import check_target, load
from ..saving import save

EXAMPLE = """example:
  elcd export sshape.pt -o sshape.h
  elcd export sshape.pt -o sshape.onnx
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", help="policy file")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="*.pt, *.onnx, or *.h: a C header"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Read, write, and certify what was written.

    Returns
    -------
    0, or 1 if the file was written but is not certified.
    """
    file = check_target(args.output, (".pt", ".onnx", ".h"))
    certificate = save(load(args.policy), file)
    if args.json:
        print(
            json.dumps({"policy": args.policy, "file": str(file), "verdict": certificate.verdict})
        )
    else:
        print(f"verdict    {certificate.summary}")
        print(f"written    {file} ({Path(file).stat().st_size / 1024:.0f} KiB)")
    return 0 if certificate.certified else 1
