"""Size against accuracy of LASA policies, for several numbers of bits."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from elcd_policy import load, save
from elcd_policy.compression.compressed_policy import STEPS, compress_policy, own_motions
from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.evaluation import Scores, evaluate
from elcd_policy.training import fit
from elcd_policy.utils.threads import one_thread
from elcd_policy.utils.versions import versions

from ..fingerprint import training_code
from ..machine import machine
from ..store import append_record, read_records

POLICIES = "policies"
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
_KEY = ("shape", "bits", "steps", "seed")


def measure_policies(
    output: str | os.PathLike[str],
    *,
    shapes: Sequence[str] = SHAPES,
    bits: Sequence[int] = BITS,
    steps: int = STEPS,
    seed: int = 0,
    trained: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> int:
    """Train each shape on all its demonstrations, and compress it to each number of bits.

    It is fine-tuned without them, on the policy's own motions.

    A record each is appended to ``output``; what is there already, by this version's training, is
    not run again.

    Parameters
    ----------
    trained : a folder of policies ``SHAPE.pt``, trained before by ``elcd train lasa:SHAPE``, that
        are taken from there; those that are missing are written there.

    Returns
    -------
    How many were run.
    """
    stored = [
        record
        for record in read_records(output)
        if record["kind"] == POLICIES and record.get("code") == training_code()
    ]
    finished = {policy_key(record) for record in stored}
    wanted = [(s, b) for b in bits for s in shapes if (s, b, steps, seed) not in finished]
    bar = tqdm(total=len(wanted), desc="compressing", unit="policy", disable=not progress)
    with bar, tempfile.TemporaryDirectory() as folder, one_thread():
        for shape, count in wanted:
            file = Path(trained or folder) / f"{shape}.pt"
            if not file.exists():
                shown = load_demonstrations(f"lasa:{shape}")
                save(fit(shown, seed=seed, progress=False), file)
            small = Path(folder) / f"{shape}.elcdz"
            record = {"kind": POLICIES, "shape": shape, "bits": count, "dim": 1}
            record |= {"steps": steps, "seed": seed, "code": training_code()}
            record |= _compressed(file, small, shape, count, steps, seed)
            append_record(output, {**record, "versions": versions(), "machine": machine()})
            bar.update()
    return len(wanted)


def policy_key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Tells compressed policies apart."""
    return tuple(record[name] for name in _KEY)


def _compressed(
    file: Path, target: Path, shape: str, bits: int, steps: int, seed: int
) -> dict[str, Any]:
    demonstrations, loaded = load_demonstrations(f"lasa:{shape}"), load(file)
    begin = time.process_time()
    small = compress_policy(loaded, bits=bits, steps=steps, seed=seed, progress=False)
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
