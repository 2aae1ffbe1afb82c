"""NPZ: arrays ``time`` [N] in s and ``position`` [N, d], optionally texts.

Poses have positions [N, 3] and a third array, ``quaternion`` [N, 4], x y z w.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from ...errors import DemonstrationError
from ..recording import Recording
from ..sidecar import KEYS, parse_about
from ..source import Source
from .arrays import read_arrays

LARGEST = 64 * 2**20
"""Bytes that a small file may unpack to; a larger one to ten times its size."""

_EXPECTED = (
    "arrays 'time' [N] in s and 'position' [N, d], optionally 'quaternion' [N, 4] and "
    "strings 'units' and 'frame'"
)


def read_npz(path: Path, request: Source) -> tuple[list[Recording], dict[str, Any]]:
    """Return the one demonstration in an NPZ file, and what it states of it.

    Pickled objects are never loaded: a file of unknown origin can't run code.

    Raises
    ------
    DemonstrationError
        If the file can't be read or its arrays do not make a demonstration.
    """
    arrays = _arrays(path)
    texts = {
        key: str(arrays[key]) for key in KEYS if key in arrays and arrays[key].dtype.kind == "U"
    }
    about = parse_about(texts, path)
    recording = read_arrays(arrays, path.stem, str(path), about.get("names", ()))
    if recording is None:
        raise DemonstrationError(
            f"{path} lacks an array", got=sorted(arrays) or "no arrays", expected=_EXPECTED
        )
    return [replace(recording, time_unit=about.pop("time_unit", ""))], about


def _arrays(path: Path) -> dict[str, Any]:
    """Return all arrays of a file, none larger than its part of the file says."""
    arrays: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > max(10 * path.stat().st_size, LARGEST):
                raise ValueError("it unpacks to more than ten times its size")
            for part in parts:
                key = part.filename.removesuffix(".npy")
                with archive.open(part) as file:
                    shape, _, dtype = _header(file)
                    size = int(np.prod([int(n) for n in shape], dtype=object)) * dtype.itemsize
                    if not 0 <= size <= part.file_size:
                        raise ValueError(f"'{key}' is said to have {size} bytes")
                    if dtype.hasobject:
                        raise ValueError(f"'{key}' holds pickled objects")
                with archive.open(part) as file:
                    arrays[key] = npy.read_array(file, allow_pickle=False)
    # Damaged files make zipfile and numpy raise a dozen unrelated types.
    except Exception as error:
        raise DemonstrationError(
            f"{path} can't be read as NPZ",
            got=f"another kind of file, or a damaged one ({error or type(error).__name__})",
            expected=_EXPECTED,
        ) from error
    return arrays


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(file)
    if version == (1, 0):
        return npy.read_array_header_1_0(file, max_header_size=4096)
    if version == (2, 0):
        return npy.read_array_header_2_0(file, max_header_size=4096)
    raise ValueError(f"version {version} of the NPY format")
