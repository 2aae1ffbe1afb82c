"""Size against accuracy of LASA policies, for several numbers of bits."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from elcd_policy import load, save
from elcd_policy.compression.compressed_policy import STEPS, compress_policy, own_motions
from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.evaluation import Scores, evaluate
from elcd_policy.training import fit

from ..harness import place

SHAPES = (
    "Angle",
    "BendedLine",
    "CShape",
    "GShape",
    "Khamesh",
    "Leaf_2",
    "NShape",
    "PShape",
    "Sshape",
    "WShape",
)
BITS = (4, 3, 2, 8)


@dataclass(frozen=True)
class PolicyJob:
    """A shape, trained on all its demonstrations, at one number of bits.

    Parameters
    ----------
    steps : of fine-tuning.
    trained : a folder of policies ``SHAPE.pt``, trained before by ``elcd train lasa:SHAPE``, that
        are taken from there; those that are missing are written there.
    """

    part: str
    shape: str
    bits: int
    steps: int = STEPS
    seed: int = 0
    trained: str = place()


def measure_policy(job: PolicyJob) -> dict[str, Any]:
    """Compress, fine-tuning on the policy's own motions, and score the file as it is loaded."""
    demonstrations = load_demonstrations(f"lasa:{job.shape}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(job.trained or folder) / f"{job.shape}.pt"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_train(job.shape, job.seed))
        loaded, target = load(file), Path(folder) / "small.elcdz"
        begin = time.process_time()
        small = compress_policy(
            loaded, bits=job.bits, steps=job.steps, seed=job.seed, progress=False
        )
        cpu = time.process_time() - begin
        certificate = save(small, target)
        before, after = (
            Scores.mean(evaluate(policy, demonstrations)).dtw for policy in (loaded, load(target))
        )
        return {
            "weight_bytes_before": small.bytes_before,
            "weight_bytes_after": small.bytes_after,
            "file_bytes_before": file.stat().st_size,
            "file_bytes_after": target.stat().st_size,
            "dtw_before": round(before, 4),
            "dtw_after": round(after, 4),
            "tuned_on": own_motions(loaded).source,
            "verdict": certificate.verdict,
            "cpu_s": round(cpu, 1),
        }


@cache
def _train(shape: str, seed: int) -> bytes:
    """Return a policy file; trained once in each process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "policy.pt"
        save(fit(load_demonstrations(f"lasa:{shape}"), seed=seed, progress=False), file)
        return file.read_bytes()
