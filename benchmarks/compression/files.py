"""Size against accuracy of skill and detector files, compressed as ``elcd compress`` does."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

from elcd_policy.cli.compress import compress_file
from elcd_policy.compression.compressed_policy import STEPS
from elcd_policy.formats.archive import tag_of
from elcd_policy.formats.packed_archive import PACKED

from ..harness import place


@dataclass(frozen=True)
class FileJob:
    """A file, by its name, at one number of bits; ``path`` is where it lies."""

    part: str
    name: str
    bits: int
    steps: int = STEPS
    path: str = place()


def measure_file(job: FileJob) -> dict[str, Any]:
    """Compress a file, certified or not; return a JSON-ready result."""
    with tempfile.TemporaryDirectory() as folder:
        answer, compressed = compress_file(
            job.path,
            f"{folder}/small{PACKED}",
            bits=job.bits,
            steps=job.steps,
            allow_uncertified=True,
        )
    kept = {key: value for key, value in answer.items() if key not in ("file", "policy", "bits")}
    accuracy = f"{compressed.accuracy} on {compressed.source}"
    return {**kept, "what": tag_of(job.path) or "policy", "accuracy": accuracy}
