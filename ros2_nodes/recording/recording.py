"""One demonstration being recorded: checked message by message, kept whole or as a partial one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.demonstrations.formats.bags import NANOSECONDS, BagWriter
from elcd_policy.utils.files import write_atomically

from .journal import Journal

Array = NDArray[np.float64]

BAGS, ARRAYS, PARTIAL = "mcap", "npz", "partial"
"""Folders of demonstrations, each kept once as a bag and once as arrays, and of partial ones."""


class Sample(NamedTuple):
    """One state: times in ns, numbers in SI units, and its message."""

    arrival: int
    stamp: int
    position: Array
    quaternion: Array | None
    raw: bytes


class Recording:
    """Collects samples; the bag grows in a hidden folder, and is put in place with the arrays.

    Until then a journal holds them, too: what is left of an episode that nobody could finish.

    Parameters
    ----------
    folder : that holds `BAGS` and `ARRAYS`.
    topic, kind : of the messages, such as "/ee_pose" and "geometry_msgs/msg/PoseStamped".
    about : units, frame, robot and note.
    columns : names of the coordinates.

    Raises
    ------
    ElcdError, OSError
        If the bag can't be begun.
    """

    def __init__(
        self,
        folder: Path,
        topic: str,
        kind: str,
        about: Mapping[str, str],
        columns: Sequence[str],
    ) -> None:
        self.name = _free_name(folder)
        self.ignored: Counter[str] = Counter()
        """How many messages were left out, by reason."""
        self._about = {key: value for key, value in about.items() if value}
        self._array_file = folder / ARRAYS / f"{self.name}.npz"
        self._samples: list[Sample] = []
        noted = {key: value for key, value in self._about.items() if key != "frame"}
        self._journal = Journal(folder / PARTIAL / self.name, columns, self._about)
        try:
            self._bag = BagWriter(folder / BAGS / self.name, topic, kind, about=noted)
        except BaseException:
            self._journal.discard()
            raise

    def __len__(self) -> int:
        return len(self._samples)

    def add(self, sample: Sample) -> None:
        """Record a state, unless its stamp is not later than the one before."""
        if self._samples:
            last = self._samples[-1]
            stamped = sample.stamp or last.stamp
            now, before = (sample.stamp, last.stamp) if stamped else (sample.arrival, last.arrival)
            if now <= before:
                self.ignored["the stamp does not increase"] += 1
                return
        self._samples.append(sample)
        first = self._samples[0]
        time = sample.stamp - first.stamp if sample.stamp else sample.arrival - first.arrival
        turn = () if sample.quaternion is None else sample.quaternion
        self._journal.add(time / NANOSECONDS, np.concatenate([sample.position, turn]))
        self._bag.write(sample.arrival, sample.raw)

    def flush(self) -> None:
        """Bring the journal up to date; an `OSError` says that the disk takes no more."""
        self._journal.flush()

    def keep_partial(self) -> Path | None:
        """Give the bag up and keep the journal; its folder, or None if there is nothing to keep."""
        self._bag.discard()
        if len(self) < 2:
            self._journal.discard()
            return None
        with suppress(OSError):  # what was written before stays
            self._journal.flush()
        self._journal.close()
        return self._journal.folder

    @property
    def time(self) -> Array:
        """Return times [N] in s: the stamps, or the arrivals if nothing was stamped."""
        stamps = [sample.stamp for sample in self._samples]
        times = stamps if any(stamps) else [sample.arrival for sample in self._samples]
        return np.array([time / NANOSECONDS for time in times])

    @property
    def duration(self) -> float:
        """Return the time in s from the first to the last sample."""
        if not self._samples:
            return 0.0
        first, last = self._samples[0], self._samples[-1]
        stamped = last.stamp > 0
        return (last.stamp - first.stamp if stamped else last.arrival - first.arrival) / NANOSECONDS

    def finish(self, max_gap: float) -> tuple[str, str]:
        """Keep the demonstration.

        Returns
        -------
        What was recorded, and warnings about it; the latter may be empty.

        Raises
        ------
        ElcdError, OSError
            If it makes no demonstration: nothing is left of it then. If it can't be written: it is
        kept as a partial one.
        """
        try:
            arrays: dict[str, Any] = {"time": self.time, "position": self._stack("position")}
            if self._samples and self._samples[0].quaternion is not None:
                arrays["quaternion"] = self._stack("quaternion")
            # What can't be loaded again is refused now, while it can still be shown once more.
            DemonstrationSet((Demonstration(name=self.name, **arrays),), source=self.name)
            with write_atomically(self._array_file) as file:
                np.savez(file, **(arrays | self._about))
            self._bag.close()
        except OSError:
            self._array_file.unlink(missing_ok=True)
            self.keep_partial()
            raise
        except BaseException:
            self._array_file.unlink(missing_ok=True)
            self.discard()
            raise
        self._journal.discard()
        rate = (len(self) - 1) / self.duration
        told = f"{self.name}: {len(self)} samples in {self.duration:.2f} s, {rate:.0f} Hz"
        return told, "; ".join(self._warnings(arrays["time"], max_gap))

    def discard(self) -> None:
        """Remove all of it."""
        self._bag.discard()
        self._journal.discard()

    def _stack(self, name: str) -> Array:
        return np.array([getattr(sample, name) for sample in self._samples], dtype=np.float64)

    def _warnings(self, time: Array, max_gap: float) -> list[str]:
        gaps = np.diff(time)
        widest = int(gaps.argmax())
        warnings = []
        if gaps[widest] > max_gap:
            warnings.append(
                f"no states for {gaps[widest]:.2f} s from {time[widest] - time[0]:.2f} s on"
            )
        warnings += [f"{count} messages ignored: {why}" for why, count in self.ignored.items()]
        return warnings


def _free_name(folder: Path) -> str:
    """Return demo_000, or the one after the last that is there."""
    places = [
        *(folder / BAGS).glob("demo_*"),
        *(folder / ARRAYS).glob("demo_*.npz"),
        *(folder / PARTIAL).glob("demo_*"),
    ]
    numbers = [int(place.stem[5:]) for place in places if place.stem[5:].isdecimal()]
    return f"demo_{max(numbers, default=-1) + 1:03d}"
