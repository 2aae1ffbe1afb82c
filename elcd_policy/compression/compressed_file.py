"""A file's content with quantised weights, scored before and after, judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ..certificate import CERTIFIED
from ..formats.packed_weights import PackedWeights

T = TypeVar("T")


class Quantised(Protocol):
    """The common part of `CompressedPolicy` and `CompressedNetwork`."""

    @property
    def weights(self) -> PackedWeights:
        """Return the weights as they are stored."""

    @property
    def bytes_before(self) -> int:
        """Return the bytes of all weights and buffers."""

    @property
    def bytes_after(self) -> int:
        """Return the same, indices and codebooks counted."""


@dataclass(frozen=True)
class CompressedFile:
    """A file's content with quantised weights, judged; not written yet.

    Parameters
    ----------
    small : the quantised model.
    cpu_s : of fine-tuning.
    source : of the data that it was scored on.
    before, after : scores.
    accuracy : both, in words.
    verdict, reasons : whether what is claimed of such a file holds for the quantised weights.
    summary : verdict and reasons, in words.
    write : writes the small file.
    """

    small: Quantised
    cpu_s: float
    source: str
    before: dict[str, Any]
    after: dict[str, Any]
    accuracy: str
    verdict: str
    reasons: list[str]
    summary: str
    write: Callable[[Path], object]

    @property
    def certified(self) -> bool:
        """Return whether the file may be written without asking."""
        return self.verdict == CERTIFIED


def measure_cpu_time(work: Callable[[], T]) -> tuple[T, float]:
    """Do some work; return its result and the CPU time it took in s."""
    begin = time.process_time()
    return work(), time.process_time() - begin
