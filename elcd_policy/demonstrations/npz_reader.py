"""NPZ: arrays ``time`` [N] in s and ``position`` [N, d], optionally ``units`` and ``frame``."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from ..errors import DemonstrationError
from .types import Demonstration, check_samples

_EXPECTED = "arrays 'time' [N] in s and 'position' [N, d], optionally strings 'units' and 'frame'"


def read_npz(path: Path) -> tuple[list[Demonstration], dict[str, str]]:
    """The one demonstration in an NPZ file, and those of `units` and `frame` that it states.

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
    for key in ("time", "position"):
        if arrays[key].dtype.kind not in "fiu":
            raise DemonstrationError(
                f"'{key}' in {path} is not an array of real numbers", got=arrays[key].dtype
            )
    time, position = arrays["time"].astype(np.float64), arrays["position"].astype(np.float64)
    check_samples(time, position, str(path))
    metadata = {key: str(arrays[key]) for key in ("units", "frame") if key in arrays}
    return [Demonstration(time, position, name=path.stem)], metadata
