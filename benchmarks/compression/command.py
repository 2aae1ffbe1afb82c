"""Measure size, accuracy, memory and time of quantised weights; write docs/compression.md."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from elcd_policy.cli.compress import compress_file
from elcd_policy.compression.compressed_policy import STEPS
from elcd_policy.errors import ParameterError
from elcd_policy.formats.archive import tag_of
from elcd_policy.formats.packed_archive import PACKED
from elcd_policy.utils.versions import versions

from ..image_folders import add_folders, folders_of, present
from ..machine import machine
from ..store import append_record, read_records
from .networks import CNN, LARGER, RESNET, measure_networks
from .page import FILES, render_compression
from .policies import BITS, SHAPES, measure_policies

HELP = "size, accuracy, memory and time of quantised weights"
EXAMPLE = """example:
  elcd benchmark compression policies
  elcd benchmark compression networks
  elcd benchmark compression files skills.pt sim/vision/detectors/red_box.pt
  elcd benchmark compression render
"""
RESULTS = "benchmarks/results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    names = parser.add_subparsers(dest="part", metavar="PART", required=True)

    policies = names.add_parser("policies", help="LASA policies: size against accuracy")
    policies.add_argument("--shapes", default=",".join(SHAPES), help="A,B (%(default)s)")
    policies.add_argument("--bits", default=",".join(map(str, BITS)), help="(%(default)s)")
    policies.add_argument("--steps", type=int, default=STEPS, help="(%(default)s)")
    policies.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    policies.add_argument(
        "--trained", metavar="FOLDER", help="of policies SHAPE.pt, trained or to be trained"
    )
    policies.add_argument("--output", default=f"{RESULTS}/compression.jsonl", help="(%(default)s)")

    networks = names.add_parser(
        "networks", help="a CNN and a ResNet-18 on digits, the CNN on MNIST where present, too"
    )
    add_folders(networks)
    networks.add_argument(
        "--output", default=f"{RESULTS}/compression_networks.jsonl", help="(%(default)s)"
    )

    files = names.add_parser("files", help="skill and detector files: size against accuracy")
    files.add_argument("files", nargs="+", metavar="FILE", help="to compress as elcd compress does")
    files.add_argument("--bits", default=",".join(map(str, BITS)), help="(%(default)s)")
    files.add_argument("--steps", type=int, default=STEPS, help="(%(default)s)")
    files.add_argument(
        "--output", default=f"{RESULTS}/compression_files.jsonl", help="(%(default)s)"
    )

    page = names.add_parser("render", help="write the page from the stored results")
    page.add_argument("--results", default=RESULTS, help="folder (%(default)s)")
    page.add_argument("--output", default="docs/compression.md", help="(%(default)s)")
    for command in (policies, networks, files, page):
        command.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Run the part that is named; what is stored already is not measured again."""
    if args.part == "render":
        files = [str(path) for path in render_compression(args.results, args.output)]
        print(json.dumps({"files": files}) if args.json else "\n".join(files))
        return 0
    if args.part == "policies":
        ran = measure_policies(
            args.output,
            shapes=args.shapes.split(","),
            bits=_bits(args.bits),
            steps=args.steps,
            seed=args.seed,
            trained=args.trained,
        )
    elif args.part == "networks":
        folders = folders_of(args)
        larger = [case for name in present(folders) for case in LARGER[name]]
        ran = measure_networks(args.output, [*CNN, *larger, *RESNET], folders=folders)
    else:
        ran = _measure_files(args.files, _bits(args.bits), args.steps, args.output)
    answer = {"file": args.output, "ran": ran}
    print(json.dumps(answer) if args.json else f"ran        {ran}\nwritten    {args.output}")
    return 0


def _measure_files(files: list[str], sizes: list[int], steps: int, output: str) -> int:
    """Compress each file at each size that ``output`` does not hold yet; how many that were."""
    done = [(r["name"], r["bits"]) for r in read_records(output) if r["kind"] == FILES]
    wanted = [(f, b) for f in files for b in sizes if (Path(f).name, b) not in done]
    with tempfile.TemporaryDirectory() as folder:
        for file, bits in wanted:
            small = f"{folder}/small{PACKED}"
            answer, compressed = compress_file(
                file, small, bits=bits, steps=steps, allow_uncertified=True
            )
            record = {
                **answer,
                "kind": FILES,
                "name": Path(file).name,
                "what": tag_of(file) or "policy",
                "steps": steps,
                "accuracy": f"{compressed.accuracy} on {compressed.source}",
                "versions": versions(),
                "machine": machine(),
            }
            for key in ("file", "policy"):
                del record[key]
            append_record(output, record)
    return len(wanted)


def _bits(text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise ParameterError("bits are not numbers", got=repr(text), expected="8,4,2") from error
