"""Learn to name skills from the first part of a motion, and write that as one file."""

from __future__ import annotations

import argparse
import json
import time

import torch

from ..sequence import (
    SkillMetadata,
    SkillTraining,
    StabilityCertificate,
    describe_skills,
    fit_skills,
    layer_stability,
    load_skills,
    load_skills_file,
    save_skills,
)
from ..sequence.stability import describe_stability
from ..utils.files import check_output

EXAMPLE = """example:
  elcd skills lasa -o skills.pt
  elcd skills pour=data/pour reach=data/reach_around -o skills.pt --held-out 1
"""
SHOWN = (0.1, 0.25, 0.5, 0.75, 1.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="[NAME=]SOURCE",
        help="a skill's demonstrations: lasa:NAME, a file or a folder; lasa is all its shapes",
    )
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="skill file, *.pt")
    parser.add_argument(
        "--held-out",
        type=int,
        default=2,
        metavar="N",
        help="of each skill, the last ones, to score on (%(default)s)",
    )
    parser.add_argument("--epochs", type=int, default=SkillTraining().epochs, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Train, score on what was held out, write."""
    target = check_output(args.output, ".pt")
    skills = load_skills(args.sources, args.held_out)
    begin = time.process_time()
    model = fit_skills(skills, SkillTraining(epochs=args.epochs), seed=args.seed)
    cpu = time.process_time() - begin
    metadata = describe_skills(model, skills, seed=args.seed)
    save_skills(model, metadata, target)
    if args.json:
        print(json.dumps({"file": str(target), "cpu_s": cpu, **metadata.to_dict()}))
    else:
        print("\n".join(f"{name:10} {text}" for name, text in _lines(metadata).items()))
        print(f"written    {target} ({target.stat().st_size / 1024:.0f} KiB, {cpu:.1f} CPU s)")
    return 0


def info(path: str, as_json: bool) -> int:
    """Print what a skill file says about itself."""
    metadata = load_skills_file(path).metadata
    if as_json:
        print(json.dumps(metadata.to_dict()))
    else:
        lines = _lines(metadata) | {
            "weights": metadata.weights_hash[:12],
            "versions": ", ".join(f"{key} {value}" for key, value in metadata.versions.items()),
        }
        print("\n".join(f"{name:10} {text}" for name, text in lines.items()))
    return 0


def certify(path: str, as_json: bool) -> int:
    """Compute a skill file's certificate from its weights; 0 if it is stable, else 1."""
    certificate = _certificate(load_skills_file(path).module)
    facts = certificate.to_dict()
    if as_json:
        print(json.dumps({"policy": path, **facts}))
    else:
        (layer,) = certificate.layers
        steps = ", ".join(f"{name} {step:.3g}" for name, step in layer.largest_step.items())
        low, high = layer.eigenvalue_interval
        print(f"eigenvalues of A, real parts  {low:.4g} to {high:.4g}")
        print(f"largest singular values       A {layer.norm_a:.4g}, W {layer.norm_w:.4g}")
        print(f"rate, continuous time         {layer.rate:.4g}")
        print(f"largest contracting step      {steps}; a sample takes {layer.step:.3g}")
        print(f"a step changes a distance by  at most a factor of {layer.step_factor:.4g}")
        print(f"\nverdict  {describe_stability(facts)}")
    return 0 if certificate.stable else 1


def _certificate(module: torch.jit.ScriptModule) -> StabilityCertificate:
    cell = getattr(module.recurrent.cells, "0")
    _, _, a, w, eps = cell()
    return StabilityCertificate((layer_stability(a, w, float(eps), module.recurrent.integrator),))


def _lines(metadata: SkillMetadata) -> dict[str, str]:
    lines = {
        "skills": f"{len(metadata.labels)}: {', '.join(metadata.labels)}",
        "dimension": f"{metadata.dimension}, sampled at {metadata.rate:g} Hz",
        "verdict": describe_stability(metadata.certificate),
    }
    if metadata.accuracy:
        at = {round(share, 2): i for i, share in enumerate(metadata.shares)}
        lines["held out"] = ", ".join(
            f"{metadata.accuracy[at[share]]:.0%} right at {share:.0%} of the motion"
            for share in SHOWN
            if share in at
        )
    return lines
