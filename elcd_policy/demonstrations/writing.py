"""Write demonstrations in a form that `load_demonstrations` reads back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import DemonstrationError, ParameterError
from ..robot.orientation import to_pose
from ..utils.files import write_atomically
from .formats.csv import QUATERNION
from .formats.lerobot import is_lerobot, other_data, write_lerobot
from .formats.robomimic import write_robomimic
from .formats.rosbag import is_bag
from .formats.rosbag_writer import write_bag
from .loading import SIDECAR, demonstration_files
from .types import Array, Demonstration, DemonstrationSet

FORMATS = ("csv", "npz", "mcap", "db3", "hdf5", "lerobot")


def save_demonstrations(
    demonstrations: DemonstrationSet, target: str | Path, format: str = "csv"
) -> Path:
    """Write a set as a folder of ``demo_0``, ``demo_1``, ..., or as one file or data set.

    Every float64 is kept exactly, but: orientations, written as quaternions, and lengths in mm
    or cm in bags, which hold m, are kept to rounding; times in bags to their nanosecond. Each
    file appears whole or not at all.

    Parameters
    ----------
    demonstrations : what to write, with units, frame, placement, robot and note.
    target : a folder, made if it does not exist; it may hold an earlier version of the same
        files. For "hdf5" a file.
    format : "csv" or "npz", files beside a ``demonstrations.json``; "mcap" or "db3", rosbag2 bags
        (see `write_bag`); "hdf5", one robomimic file; "lerobot", a LeRobot data set.

    Returns
    -------
    The target.

    Raises
    ------
    ParameterError
        If the format is unknown.
    DemonstrationError
        If the folder holds other demonstrations, which would be read together with these.
    MissingExtraError
        If the format needs a package that is not installed.
    """
    if format not in FORMATS:
        raise ParameterError("unknown format", got=f"'{format}'", expected=" or ".join(FORMATS))
    target = Path(target)
    if format == "hdf5":
        with write_atomically(target) as file:
            write_robomimic(demonstrations, _about(demonstrations), file)
        return target
    suffix = {"mcap": "", "db3": "", "lerobot": None}.get(format, f".{format}")
    names = [f"demo_{i}{suffix}" for i in range(len(demonstrations))] if suffix is not None else []
    target.mkdir(parents=True, exist_ok=True)
    _check_others(target, names, format)
    if format in ("mcap", "db3"):
        for name, demonstration in zip(names, demonstrations, strict=True):
            if is_bag(target / name):
                shutil.rmtree(target / name)
            orientation, about = demonstrations.orientation, _about(demonstrations)
            write_bag(target / name, demonstration, orientation, about, format)
        return target
    _write_sidecar(demonstrations, target / SIDECAR)
    if format == "lerobot":
        write_lerobot(demonstrations, target)
        return target
    write = {"csv": _write_csv, "npz": _write_npz}[format]
    for name, demonstration in zip(names, demonstrations, strict=True):
        with write_atomically(target / name) as file:
            write(demonstration, demonstrations.orientation, file)
    return target


def check_free(target: str | Path, force: bool = False) -> None:
    """Refuse a target that exists, unless it is an empty folder or may be written over.

    Raises
    ------
    DemonstrationError
        If there is something at the target.
    """
    target = Path(target)
    if force or not target.exists():
        return
    if target.is_file() or any(target.iterdir()):
        raise DemonstrationError(
            f"{target} exists",
            expected="a new name or an empty folder",
            advice="choose another, or add --force to write over it",
        )


def _check_others(folder: Path, names: list[str], format: str) -> None:
    others = [place.name for place in demonstration_files(folder) if place.name not in names]
    if is_bag(folder) or (is_lerobot(folder) and format != "lerobot"):
        others.insert(0, "a bag" if is_bag(folder) else "a LeRobot data set")
    if format == "lerobot":
        others += other_data(folder)
    if others:
        raise DemonstrationError(
            f"the folder {folder} already holds other demonstrations",
            got=", ".join(others),
            advice="choose another folder, or move them away",
        )


def _about(demonstrations: DemonstrationSet) -> dict[str, str]:
    """What a set says of itself, as texts."""
    about = {
        key: getattr(demonstrations, key)
        for key in ("units", "frame", "robot", "note")
        if getattr(demonstrations, key)
    }
    if demonstrations.placement is not None:
        about["placement"] = json.dumps(demonstrations.placement.to_dict())
    return about


def _write_sidecar(demonstrations: DemonstrationSet, path: Path) -> None:
    about: dict[str, object] = {"units": demonstrations.units, "frame": demonstrations.frame}
    about |= _about(demonstrations)
    if demonstrations.placement is not None:
        about["placement"] = demonstrations.placement.to_dict()
    with write_atomically(path) as file:
        file.write((json.dumps(about, indent=2) + "\n").encode())


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
