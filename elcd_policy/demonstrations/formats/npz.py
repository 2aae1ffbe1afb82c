"""NPZ: arrays ``time`` [N] in s and ``position`` [N, d], optionally texts.

Poses have positions [N, 3] and a third array, ``quaternion`` [N, 4], x y z w.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from ...errors import DemonstrationError
from ..checks import check_samples
from ..types import Demonstration

STATED = ("units", "frame", "robot", "note")
_EXPECTED = (
    "arrays 'time' [N] in s and 'position' [N, d], optionally 'quaternion' [N, 4] and "
    "strings 'units' and 'frame'"
)


def read_npz(path: Path) -> tuple[list[Demonstration], dict[str, str]]:
    """The one demonstration in an NPZ file, and those of `STATED` that it states.

    Pickled objects are never loaded: a file of unknown origin can't run code.

    Raises
    ------
    DemonstrationError
        If the file can't be read or its arrays do not make a demonstration.
    """
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("another kind of file, or a damaged one")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DemonstrationError(
            f"{path} can't be read as NPZ", got=error, expected=_EXPECTED
        ) from error
    if not {"time", "position"} <= set(arrays):
        raise DemonstrationError(
            f"{path} lacks an array", got=sorted(arrays) or "no arrays", expected=_EXPECTED
        )
    numbers = {}
    for key in {"time", "position", "quaternion"} & set(arrays):
        if arrays[key].dtype.kind not in "fiu":
            raise DemonstrationError(
                f"'{key}' in {path} is not an array of real numbers", got=arrays[key].dtype
            )
        numbers[key] = arrays[key].astype(np.float64)
    time, position, quaternion = numbers["time"], numbers["position"], numbers.get("quaternion")
    check_samples(time, position, str(path), quaternion=quaternion)
    metadata = {key: str(arrays[key]) for key in STATED if key in arrays}
    return [Demonstration(time, position, path.stem, quaternion)], metadata
