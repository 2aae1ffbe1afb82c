"""Write demonstrations in a form that `load_demonstrations` reads back."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import DemonstrationError, ParameterError
from ..robot.orientation import to_pose
from ..utils.files import write_atomically
from .formats.bags import is_bag, write_bag
from .formats.csv import QUATERNION
from .formats.hdf5_writer import write_robomimic
from .formats.lerobot import is_lerobot
from .formats.lerobot_writer import other_data, write_lerobot
from .loading import demonstration_files
from .sidecar import SIDECAR, write_about
from .types import Demonstration, DemonstrationSet, default_names

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
        names = [f"demo_{i}" for i in range(len(demonstrations))]
        with write_atomically(target) as file:
            write_robomimic(demonstrations, _about(demonstrations, names), file)
        return target
    suffix = {"mcap": "", "db3": "", "lerobot": ""}.get(format, f".{format}")
    stem = "episode" if format == "lerobot" else "demo"
    names = [f"{stem}_{i}" for i in range(len(demonstrations))]
    about = _about(demonstrations, names)
    files = [f"{name}{suffix}" for name in names] if format != "lerobot" else []
    target.mkdir(parents=True, exist_ok=True)
    _check_others(target, files, format)
    if format in ("mcap", "db3"):
        for file_name, demonstration in zip(files, demonstrations, strict=True):
            if is_bag(target / file_name):
                shutil.rmtree(target / file_name)
            write_bag(target / file_name, demonstration, demonstrations, about, format)
        return target
    with write_atomically(target / SIDECAR) as file:
        file.write(write_about({"frame": "", **about}))
    if format == "lerobot":
        write_lerobot(demonstrations, target)
        return target
    write = {"csv": _write_csv, "npz": _write_npz}[format]
    for file_name, demonstration in zip(files, demonstrations, strict=True):
        with write_atomically(target / file_name) as file:
            write(demonstration, demonstrations, file)
    return target


def check_free(target: str | Path, force: bool = False, source: str | Path = "") -> None:
    """Refuse a target that exists, unless it is an empty folder or may be written over.

    Raises
    ------
    DemonstrationError
        If there is something at the target, or it is ``source`` or the folder that holds it.
    """
    target = Path(target)
    recordings = Path(str(source).partition("?")[0]).resolve()
    if source and target.resolve() in (recordings, recordings.parent) and recordings.exists():
        raise DemonstrationError(
            "the recordings would be written over",
            got=f"{source} as source, {target} as output",
            expected="another folder to write to",
        )
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


def _about(demonstrations: DemonstrationSet, names: Sequence[str]) -> dict[str, Any]:
    """Return what a set says of itself, its members being called ``names`` from now on."""
    about: dict[str, Any] = {"units": demonstrations.units, "time_unit": "s"}
    for key in ("frame", "robot", "note", "placement"):
        if getattr(demonstrations, key):
            about[key] = getattr(demonstrations, key)
    posed = demonstrations.orientation is not None
    own = demonstrations.names[: 3 if posed else None]
    units = demonstrations.coordinate_units[: len(own)]
    if own != default_names(demonstrations.dimension, posed)[: len(own)]:
        about["names"] = own
    if set(units) != {demonstrations.units}:
        about["coordinate_units"] = dict(zip(own, units, strict=True))
    renamed = dict(zip((demo.name for demo in demonstrations), names, strict=True))
    if demonstrations.masks and len(renamed) == len(names):
        about["masks"] = {
            mask: tuple(renamed[name] for name in members if name in renamed)
            for mask, members in demonstrations.masks.items()
        }
    return about


def _write_csv(demonstration: Demonstration, whole: DemonstrationSet, file: BinaryIO) -> None:
    columns = _arrays(demonstration, whole)
    header = ["t", *whole.names[: columns["position"].shape[1]]]
    header += QUATERNION if "quaternion" in columns else ()
    samples = np.column_stack(list(columns.values())).tolist()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([map(repr, sample) for sample in samples])
    file.write(text.getvalue().encode())


def _write_npz(demonstration: Demonstration, whole: DemonstrationSet, file: BinaryIO) -> None:
    arrays = _arrays(demonstration, whole)
    names = whole.names[: arrays["position"].shape[1]]
    np.savez(file, **arrays, names=json.dumps(names))


def _arrays(demonstration: Demonstration, whole: DemonstrationSet) -> dict[str, Any]:
    arrays = {"time": demonstration.time, "position": demonstration.position}
    if whole.orientation is not None:
        position, quaternion = to_pose(demonstration.position, whole.orientation)
        arrays |= {"position": position, "quaternion": quaternion}
    return arrays
