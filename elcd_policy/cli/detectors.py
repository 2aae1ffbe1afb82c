"""``elcd info`` and ``elcd certify`` of a detector file."""

from __future__ import annotations

import json
from typing import Any

from ..certificate import CERTIFIED, NOT_CERTIFIED
from ..metadata import point_text
from ..perception import DetectorMetadata, NAISNet, NetCertificate, load_detector
from ..perception.detector_file import trainable_detector


def info(path: str, as_json: bool) -> int:
    """Print what a detector file says about itself."""
    facts = load_detector(path).metadata
    if as_json:
        print(json.dumps(facts.to_dict()))
    else:
        print("\n".join(f"{name:10} {text}" for name, text in _lines(facts).items()))
    return 0


def certify(path: str, as_json: bool) -> int:
    """Compute a detector file's certificate from its weights; 0 if it holds, else 1."""
    net = trainable_detector(load_detector(path)).net
    if not isinstance(net, NAISNet):
        reason = f"a {type(net).__name__} promises nothing"
        answer = {"policy": path, "verdict": NOT_CERTIFIED, "reasons": [reason]}
        print(json.dumps(answer) if as_json else f"verdict  {NOT_CERTIFIED}: {reason}")
        return 1
    certificate = net.certificate()
    verdict = CERTIFIED if certificate.holds else NOT_CERTIFIED
    if as_json:
        print(json.dumps({"policy": path, "verdict": verdict, **certificate.to_dict()}))
    else:
        print(f"{_table(certificate)}\n\nverdict  {verdict}")
    return 0 if certificate.holds else 1


def _table(certificate: NetCertificate) -> str:
    norm = certificate.norm
    lines = [f"{'block':22} {'real parts of A':>22}  {'allowed':>16}  {'gain at most':>12}"]
    for block in certificate.blocks:
        (low, high), (least, most) = block.spectrum, block.allowed
        lines.append(
            f"{f'{block.kind}, {block.activation}':22} {f'{low:.6g} to {high:.6g}':>22}  "
            f"{f'{least:g} to {most:g}':>16}  {block.lipschitz_bound:12.4g}"
        )
    kinds = {block.activation for block in certificate.blocks}
    meaning = (
        "one equilibrium for each image, approached from any state"
        if kinds == {"tanh"}
        else "states under the same image never part"
    )
    return "\n".join(
        [
            *lines,
            "",
            f"stable however deep: {meaning}",
            f"for any two images, scores differ by at most {certificate.lipschitz_bound:.4g} times "
            f"what the images do (norm {norm}); for most by far less",
        ]
    )


def _lines(facts: DetectorMetadata) -> dict[str, str]:
    camera, training = facts.camera, facts.training
    certificate: dict[str, Any] = facts.certificate or {"holds": False}
    lines = {
        "finds": facts.target,
        "images": f"{camera.width} x {camera.height}, {camera.field_of_view:g} deg, camera at "
        f"{point_text(camera.position)} m looking at {point_text(camera.target)} m",
        "where": f"{point_text(facts.lower)} to {point_text(facts.upper)} m, "
        f"{facts.plane:g} m high",
        "verdict": CERTIFIED if certificate["holds"] else NOT_CERTIFIED,
    }
    if "held_out" in training:
        found = training["held_out"]
        lines["held out"] = (
            f"{found['median_mm']:.1f} mm median, {found['p95_mm']:.1f} mm p95, "
            f"{found['found']:.0%} seen on {found['scenes']} scenes"
        )
    return lines | {
        "weights": facts.weights_hash[:12],
        "versions": ", ".join(f"{name} {value}" for name, value in facts.versions.items()),
    }
