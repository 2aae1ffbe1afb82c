"""Accuracy, peak memory and time per step of DKM, IDKM and IDKM-JFB on networks.

Each case runs in a process of its own, whose peak of resident memory is then its own too.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F
from tqdm import tqdm

from elcd_policy.compression import IDKM
from elcd_policy.errors import ElcdError
from elcd_policy.utils.versions import versions

from ..images import FOLDERS
from ..machine import machine
from ..store import append_record, read_records
from .small_networks import NETWORKS, LabelledImages, accuracy, batches, load_images, train

NETWORK_RESULTS = "network"
MIB = 1 << 20
#: Of the memory limit, what the process needs beside its tensors.
RESERVE = 1 << 30
#: How long each network learns; a step of a ResNet-18 under soft weights takes a minute or so.
STEPS: dict[str, dict[str, Any]] = {
    "2-layer CNN": {"trained_steps": 400, "steps": 60, "tuned_steps": 60},
    "ResNet-18": {"trained_steps": 200, "steps": 1, "tuned_steps": 40},
}
#: Updates before a weight's centroid is fixed: as few as the slowest case can wait for.
SETTLING = 5
#: How a process complains that asks for more.
BEYOND = ("can't allocate memory", "MemoryError")


@dataclass(frozen=True)
class Case:
    """One way to quantise one network.

    Parameters
    ----------
    network : of `NETWORKS`.
    bits, dim, gradient : see `IDKM`.
    iterations : t, updates in each step, all of them taken.
    trained_steps : of the optimiser, before anything is quantised.
    steps : under soft weights.
    tuned_steps : of the centroids, each weight's being fixed.
    batch : images in a step.
    limit : GiB that the process may hold.
    images : "digits" or of `images.FOLDERS`.
    """

    network: str
    bits: int
    dim: int
    gradient: str
    iterations: int
    trained_steps: int
    steps: int
    tuned_steps: int
    batch: int = 32
    limit: float = 4.0
    images: str = "digits"


METHODS = (("unrolled", 5), ("unrolled", 10), ("unrolled", 30), ("implicit", 30), ("jfb", 30))
CNN = [
    Case("2-layer CNN", bits, dim, gradient, t, **STEPS["2-layer CNN"])
    for bits, dim in ((4, 1), (2, 1), (2, 2))
    for gradient, t in METHODS
]
#: The same on larger images, where they are present.
LARGER = {name: [replace(case, images=name) for case in CNN] for name in FOLDERS}
RESNET = (
    [
        Case("ResNet-18", 4, 1, gradient, t, **STEPS["ResNet-18"])
        for gradient, t in (
            ("jfb", 5),
            ("jfb", 30),
            ("implicit", 5),
            ("implicit", 30),
            ("unrolled", 1),
            ("unrolled", 2),
            ("unrolled", 4),
        )
    ]
    + [
        Case("ResNet-18", 4, 1, "unrolled", t, **STEPS["ResNet-18"], limit=16.0)
        for t in (5, 10, 20, 21)
    ]
    + [
        Case("ResNet-18", bits, dim, gradient, t, **STEPS["ResNet-18"], limit=16.0)
        for bits, dim in ((2, 1), (2, 2))
        for gradient, t in METHODS
    ]
)


def measure_networks(
    output: str | os.PathLike[str],
    cases: Sequence[Case],
    *,
    folders: Mapping[str, str] | None = None,
    progress: bool = True,
) -> int:
    """Run the cases that ``output`` does not hold yet; a record each is appended to it.

    Parameters
    ----------
    folders : in place of some of `images.FOLDERS`.

    Returns
    -------
    How many were run.
    """
    stored = [record for record in read_records(output) if record["kind"] == NETWORK_RESULTS]
    finished = [Case(**record["case"]) for record in stored]
    wanted = [case for case in cases if case not in finished]
    bar = tqdm(total=len(wanted), desc="quantising", unit="case", disable=not progress)
    with bar, tempfile.TemporaryDirectory() as folder:
        for case in wanted:
            weights = Path(folder) / f"{case.network} {case.images}.pt"
            source = {**FOLDERS, **(folders or {})}.get(case.images, "")
            if not weights.exists():
                torch.save(_trained(case, load_images(case.images, source)), weights)
            facts = json.dumps(asdict(case))
            command = [sys.executable, "-m", __name__, facts, str(weights), source]
            done = subprocess.run(command, capture_output=True, text=True)
            record: dict[str, Any] = {"kind": NETWORK_RESULTS, "case": asdict(case)}
            if done.returncode:
                error = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
                if not any(words in error for words in BEYOND):
                    raise ElcdError(f"{case.network} can't be quantised", got=error[:200])
                record["error"] = error[:200]
            else:
                record |= json.loads(done.stdout)
            append_record(output, {**record, "versions": versions(), "machine": machine()})
            bar.update()
    return len(wanted)


def _trained(case: Case, images: LabelledImages) -> dict[str, Any]:
    torch.manual_seed(0)
    model = NETWORKS[case.network](images.x.shape[-1])
    train(model, batches(images, case.batch, case.trained_steps, seed=0))
    return model.state_dict()


def run_case(case: Case, weights: str, folder: str) -> dict[str, Any]:
    """What a process of its own does."""
    torch.set_num_threads(1)
    limit = int(case.limit * (1 << 30)) + RESERVE
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    images = load_images(case.images, folder)
    model = NETWORKS[case.network](images.x.shape[-1])
    model.load_state_dict(torch.load(weights, weights_only=True))
    before, plain = accuracy(model, images), sum(p.numel() for p in model.parameters())
    unpacked = sum(value.numel() * value.element_size() for value in model.state_dict().values())
    quantised = IDKM(
        model,
        bits=case.bits,
        dim=case.dim,
        gradient=case.gradient,
        iterations=case.iterations,
        tolerance=0.0,
    )
    optimiser = torch.optim.SGD(quantised.parameters(), lr=0.01, momentum=0.9)
    model.train()
    times = []
    for x, y in batches(images, case.batch, case.steps, seed=1):
        begin = time.process_time()
        optimiser.zero_grad()
        with quantised.one_pass():
            loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimiser.step()
        times.append(time.process_time() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    residual = max(row.residual for row in quantised.report())
    quantised.fix(SETTLING)
    tuning = batches(images, case.batch, case.tuned_steps, seed=2)
    train(model, tuning, quantised.parameters())
    return {
        "accuracy_before": round(before, 4),
        "accuracy_after": round(accuracy(model, images), 4),
        "weights": plain,
        "weight_bytes_after": _packed_bytes(quantised),
        "weight_bytes_before": unpacked,
        "peak_mib": round(peak / MIB),
        "step_s": round(min(times), 4),
        "residual": float(f"{residual:.3g}"),
        "load": round(os.getloadavg()[0], 1),
    }


def _packed_bytes(quantised: IDKM) -> int:
    """What `PackedWeights.blob` would have, without the work of hardening."""
    every = [*quantised.model.parameters(), *quantised.model.buffers()]
    size = sum(value.numel() * value.element_size() for value in every)
    for row, book in zip(quantised.report(), quantised.codebooks, strict=True):
        c = book.centroids
        size += -(-sum(book.counts) * book.settings.bits // 8) + 2 * c.numel() + 4 * row.parameters
        size -= 4 * row.weights
    return size


if __name__ == "__main__":
    print(json.dumps(run_case(Case(**json.loads(sys.argv[1])), *sys.argv[2:])))
