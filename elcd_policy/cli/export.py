"""Write a policy file in another format: TorchScript, ONNX, or C for a controller."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..certificate import CERTIFIED, NOT_CERTIFIED, certificate_fault
from ..formats.c_file import HEADER, export_c
from ..formats.policy_file import SUFFIXES, check_target, load_policy, save_policy

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
    """Read and write; the certificate goes along.

    Returns
    -------
    0, or 1 if the file was written but carries no valid certificate.
    """
    file = check_target(args.output, (*SUFFIXES, HEADER))
    policy = load_policy(args.policy)
    (export_c if file.suffix == HEADER else save_policy)(policy, file)
    fault = certificate_fault(policy)
    verdict = NOT_CERTIFIED if fault else CERTIFIED
    if args.json:
        print(json.dumps({"policy": args.policy, "file": str(file), "verdict": verdict}))
    else:
        print(f"verdict    {verdict}{f': {fault}' if fault else ''}")
        print(f"written    {file} ({Path(file).stat().st_size / 1024:.0f} KiB)")
    return 1 if fault else 0
