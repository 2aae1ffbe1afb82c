"""Journal of an episode: what was recorded so far, on the disk within a second."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIDECAR = "demonstrations.json"
SIDECAR_KEYS = ("units", "frame", "robot", "note")


class Journal:
    """A folder with one CSV file of states, which `load_demonstrations` reads when it is named.

    Whatever ends the process or fills the disk, all but the last second of an episode is there.

    Parameters
    ----------
    folder : of this episode; it must not exist.
    columns : names of the coordinates behind the time.
    about : units, frame, robot and note of the states.

    Raises
    ------
    OSError
        If it can't be written.
    """

    def __init__(self, folder: Path, columns: Sequence[str], about: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        note = "; ".join(filter(None, ["partial episode", about.get("note", "")]))
        facts = {key: value for key, value in {**about, "note": note}.items() if value}
        sidecar = {key: facts[key] for key in SIDECAR_KEYS if key in facts}
        (folder / SIDECAR).write_text(json.dumps(sidecar), encoding="utf-8")
        self._file = os.open(folder / "states.csv", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        self._size = 0
        self._lines = [",".join(("t", *columns))]

    def add(self, time: float, values: Array) -> None:
        """Remember a state: time in s, coordinates [n]."""
        self._lines.append(",".join(map(repr, (time, *values.tolist()))))

    def flush(self) -> None:
        """Write what is remembered.

        Raises
        ------
        OSError
            If the disk takes no more: whole lines are there, the others can be tried again.
        """
        content = "".join(f"{line}\n" for line in self._lines).encode()
        written = 0
        try:
            while written < len(content):
                written += os.write(self._file, content[written:])
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise
        self._size += len(content)
        self._lines.clear()

    def close(self) -> None:
        """Close the file; what is on the disk stays."""
        os.close(self._file)

    def discard(self) -> None:
        """Close the file and remove the folder."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()


def free_space(folder: Path) -> float:
    """Return the free space in MB of the disk that holds a folder, or will hold it."""
    present = folder.absolute()
    while not present.exists():
        present = present.parent
    return shutil.disk_usage(present).free / 1e6
