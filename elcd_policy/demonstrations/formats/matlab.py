"""MATLAB files: LASA's cells ``demos``, structures like them, or variables ``t`` and ``pos``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DemonstrationError, MissingExtraError
from ..recording import Recording
from ..source import Source
from .arrays import read_arrays

LASA_FIELDS = {"vel", "acc", "dt"}
"""What demonstrations in LASA's files have beside t and pos: those are in mm and s."""

_EXPECTED = (
    "a MATLAB file with cells or a structure array 'demos' of 'pos' [d, N] and 't' [N] in s, "
    "or with such variables"
)


def read_mat(path: Path, request: Source) -> tuple[list[Recording], dict[str, Any]]:
    """Return the demonstrations in one .mat file.

    Raises
    ------
    DemonstrationError
        If the file can't be read or is laid out differently.
    MissingExtraError
        If scipy is not installed.
    """
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise MissingExtraError("scipy", "lasa") from error
    try:
        variables = loadmat(path, simplify_cells=True)
    # A damaged file makes loadmat raise a dozen unrelated types.
    except Exception as error:
        raise DemonstrationError(
            f"{path} can't be read as a MATLAB file",
            got=f"{type(error).__name__}: {error}",
            expected=_EXPECTED,
            advice="save files of version 7.3 with -v7" if "v7.3" in str(error) else "",
        ) from error
    demos = variables.get("demos")
    if demos is None:
        recording = read_arrays(variables, path.stem, str(path))
        found = [] if recording is None else [recording]
    else:
        found = [_demo(path, index, demo) for index, demo in enumerate(np.atleast_1d(demos))]
    if not found:
        names = [name for name in variables if not name.startswith("__")]
        raise DemonstrationError(
            f"{path} can't be read as a MATLAB file of demonstrations",
            got=", ".join(names) or "no variables",
            expected=_EXPECTED,
        )
    lasa = isinstance(demos, np.ndarray | list) and set(np.atleast_1d(demos)[0]) >= LASA_FIELDS
    return found, {"units": "mm", "time_unit": "s"} if lasa else {}


def _demo(path: Path, index: int, demo: Any) -> Recording:
    where = f"{path}, demonstration {index}"
    recording = (
        read_arrays(demo, f"{path.stem}_{index}", where) if isinstance(demo, Mapping) else None
    )
    if recording is None:
        raise DemonstrationError(
            f"{where} can't be read as a MATLAB file of demonstrations", expected=_EXPECTED
        )
    return recording
