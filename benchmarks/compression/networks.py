"""Accuracy, peak memory and time per step of DKM, IDKM and IDKM-JFB on networks.

Each case runs in a process of its own, whose peak of resident memory is then its own too.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from elcd_policy.compression import IDKM
from elcd_policy.errors import ElcdError

from ..harness import place
from .small_networks import NETWORKS, accuracy, batches, load_images, train

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
    images : "digits" or of `images.FOLDERS`, then in ``folder``.
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
    part: str = "networks"
    folder: str = place()


METHODS = (("unrolled", 5), ("unrolled", 10), ("unrolled", 30), ("implicit", 30), ("jfb", 30))
CNN = [
    Case("2-layer CNN", bits, dim, gradient, t, **STEPS["2-layer CNN"])
    for bits, dim in ((4, 1), (2, 1), (2, 2))
    for gradient, t in METHODS
]
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


def measure_network(case: Case) -> dict[str, Any]:
    """Quantise a trained network in a process of its own; return a JSON-ready result.

    ``beyond_limit`` is there instead, if the process asks for more memory than it may hold.

    Raises
    ------
    ElcdError
        If the process fails for another reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pt"
        weights.write_bytes(
            _train(case.network, case.images, case.folder, case.batch, case.trained_steps)
        )
        command = [sys.executable, "-m", __name__, json.dumps(asdict(case)), str(weights)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return dict(json.loads(done.stdout))
    error = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1][:200]
    if not any(words in error for words in BEYOND):
        raise ElcdError(f"{case.network} can't be quantised", got=error)
    return {"beyond_limit": error}


@cache
def _train(network: str, images: str, folder: str, batch: int, steps: int) -> bytes:
    """Return a trained network's weights; trained once in each process."""
    data = load_images(images, folder)
    torch.manual_seed(0)
    model = NETWORKS[network](data.x.shape[-1])
    train(model, batches(data, batch, steps, seed=0))
    stored = io.BytesIO()
    torch.save(model.state_dict(), stored)
    return stored.getvalue()


def run_case(case: Case, weights: str) -> dict[str, Any]:
    """Quantise, tune and measure, in a process of its own."""
    torch.set_num_threads(1)
    limit = int(case.limit * (1 << 30)) + RESERVE
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    images = load_images(case.images, case.folder)
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
        "weight_bytes_after": _count_packed_bytes(quantised),
        "weight_bytes_before": unpacked,
        "peak_mib": round(peak / MIB),
        "step_s": round(min(times), 4),
        "residual": float(f"{residual:.3g}"),
        "load": round(os.getloadavg()[0], 1),
    }


def _count_packed_bytes(quantised: IDKM) -> int:
    """Return what `PackedWeights.blob` would have, without the work of hardening."""
    every = [*quantised.model.parameters(), *quantised.model.buffers()]
    size = sum(value.numel() * value.element_size() for value in every)
    for row, book in zip(quantised.report(), quantised.codebooks, strict=True):
        c = book.centroids
        size += -(-sum(book.counts) * book.settings.bits // 8) + 2 * c.numel() + 4 * row.parameters
        size -= 4 * row.weights
    return size


if __name__ == "__main__":
    print(json.dumps(run_case(Case(**json.loads(sys.argv[1])), sys.argv[2])))
