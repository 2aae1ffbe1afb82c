"""Write demonstrations as a folder that `load_demonstrations` reads back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import DemonstrationError, ParameterError
from ..files import written_whole
from ..orientation import to_pose
from .csv_reader import QUATERNION
from .loading import SIDECAR, demonstration_files
from .types import Array, Demonstration, DemonstrationSet


def save_demonstrations(
    demonstrations: DemonstrationSet, folder: str | Path, format: str = "csv"
) -> Path:
    """Write a set as ``demo_0``, ``demo_1``, ... beside a ``demonstrations.json``.

    Both formats keep every float64 exactly; orientations, written as quaternions, to rounding.
    Each file appears whole or not at all.

    Parameters
    ----------
    demonstrations : what to write; units, frame and placement go into the JSON file.
    folder : made if it does not exist; may hold an earlier version of the same files.
    format : "csv" or "npz".

    Returns
    -------
    The folder.

    Raises
    ------
    ParameterError
        If the format is unknown.
    DemonstrationError
        If the folder holds other demonstrations, which would be read together with these.
    """
    writers = {"csv": _write_csv, "npz": _write_npz}
    if format not in writers:
        raise ParameterError("unknown format", got=f"'{format}'", expected=" or ".join(writers))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"demo_{i}.{format}" for i in range(len(demonstrations))]
    others = [file.name for file in demonstration_files(folder) if file.name not in names]
    if others:
        raise DemonstrationError(
            f"the folder {folder} already holds other demonstrations",
            got=", ".join(others),
            advice="choose another folder, or move them away",
        )
    about: dict[str, object] = {"units": demonstrations.units, "frame": demonstrations.frame}
    if demonstrations.placement is not None:
        about["placement"] = demonstrations.placement.to_dict()
    text = json.dumps(about, indent=2) + "\n"
    with written_whole(folder / SIDECAR) as file:
        file.write(text.encode())
    for name, demonstration in zip(names, demonstrations, strict=True):
        with written_whole(folder / name) as file:
            writers[format](demonstration, demonstrations.orientation, file)
    return folder


def _write_csv(demonstration: Demonstration, orientation: Array | None, file: BinaryIO) -> None:
    columns = _arrays(demonstration, orientation)
    d = columns["position"].shape[1]
    header = ["t", *("xyz"[:d] if d <= 3 else [f"x{i}" for i in range(d)])]
    header += QUATERNION if "quaternion" in columns else ()
    samples = np.column_stack(list(columns.values())).tolist()
    lines = [",".join(header), *(",".join(map(repr, sample)) for sample in samples)]
    file.write(("\n".join(lines) + "\n").encode())


def _write_npz(demonstration: Demonstration, orientation: Array | None, file: BinaryIO) -> None:
    np.savez(file, **_arrays(demonstration, orientation))


def _arrays(demonstration: Demonstration, orientation: Array | None) -> dict[str, Any]:
    arrays = {"time": demonstration.time, "position": demonstration.position}
    if orientation is not None:
        arrays["position"], arrays["quaternion"] = to_pose(demonstration.position, orientation)
    return arrays
