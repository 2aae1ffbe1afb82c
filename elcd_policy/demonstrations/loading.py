"""One door to all formats: `load_demonstrations`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DemonstrationError, ParameterError
from ..placement import Placement
from .csv_reader import read_csv
from .lasa import load_lasa, read_mat
from .npz_reader import read_npz
from .types import Demonstration, DemonstrationSet

Reader = Callable[[Path], tuple[list[Demonstration], dict[str, str]]]

READERS: dict[str, Reader] = {".csv": read_csv, ".mat": read_mat, ".npz": read_npz}

SIDECAR = "demonstrations.json"
"""Optional file beside the demonstrations: {"units": ..., "frame": ..., "placement": ...}."""


def load_demonstrations(source: str | Path, units: str | None = None) -> DemonstrationSet:
    """Read demonstrations from a LASA shape, a file or a folder of files.

    Parameters
    ----------
    source : "lasa:Sshape", "lasa:Sshape+WShape" (see `load_lasa`), the path of a .csv, .npz
        or .mat file, or of a folder of files of one of these kinds, read in natural order.
    units : of the positions. By default as the files say, else as the ``demonstrations.json``
        beside them says, else "m"; LASA files are in "mm".

    Raises
    ------
    DemonstrationError
        If the source does not exist, is of an unknown kind, or does not hold demonstrations.
    MissingExtraError
        If the source needs a package that is not installed.
    """
    if isinstance(source, str) and source.startswith("lasa:"):
        shapes = load_lasa(source.removeprefix("lasa:"))
        return replace(shapes, units=units or shapes.units)
    path = Path(source)
    folder, files = (path, _files_in(path)) if path.is_dir() else (path.parent, [path])
    demonstrations: list[Demonstration] = []
    stated: dict[str, str] = {}
    for file in files:
        found, metadata = _reader(file)(file)
        demonstrations += found
        for key, value in metadata.items():
            if stated.setdefault(key, value) != value:
                raise DemonstrationError(
                    f"the files in {folder} state different {key}",
                    got=f"'{value}' in {file.name}",
                    expected=f"'{stated[key]}' as before it",
                )
    sidecar = _read_sidecar(folder / SIDECAR)
    return DemonstrationSet(
        demonstrations,
        units=units or stated.get("units") or sidecar.get("units") or "m",
        frame=stated.get("frame") or sidecar.get("frame") or "",
        source=str(source),
        placement=sidecar.get("placement"),
    )


def demonstration_files(folder: Path) -> list[Path]:
    """Files of a known kind in a folder, in natural order: demo_2 comes before demo_10."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in READERS]
    files = [file for file in files if file.is_file() and not file.name.startswith(".")]
    return sorted(files, key=lambda file: _natural(file.name))


def _files_in(folder: Path) -> list[Path]:
    files = demonstration_files(folder)
    if not files:
        inner = sorted(path.name for path in folder.iterdir() if path.is_dir())
        raise DemonstrationError(
            f"no demonstrations in the folder {folder}",
            expected=f"files ending in {', '.join(READERS)}",
            advice=f"name one of its folders: {', '.join(inner)}" if inner else "",
        )
    kinds = sorted({file.suffix.lower() for file in files})
    if len(kinds) > 1:
        raise DemonstrationError(
            f"the folder {folder} mixes formats",
            got=", ".join(kinds),
            expected="files of one format",
            advice="move one kind elsewhere, the same motions may be there twice",
        )
    return files


def _reader(file: Path) -> Reader:
    if not file.exists():
        raise DemonstrationError(
            f"{file} does not exist",
            expected=f"a folder, a file ending in {', '.join(READERS)}, or lasa:SHAPE",
        )
    try:
        return READERS[file.suffix.lower()]
    except KeyError:
        raise DemonstrationError(
            f"{file} is of an unknown format",
            got=f"'{file.suffix}'",
            expected=f"one of {', '.join(READERS)}, or lasa:SHAPE",
        ) from None


def _read_sidecar(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        unknown = sorted(set(values) - {"units", "frame", "placement"})
        if unknown:
            raise ValueError(f"unknown keys {unknown}")
        for key in {"units", "frame"} & set(values):
            if not isinstance(values[key], str):
                raise ValueError(f"{key} {values[key]!r}")
        if "placement" in values:
            values["placement"] = Placement.from_dict(values["placement"])
    except (OSError, TypeError, ValueError, ParameterError) as error:
        raise DemonstrationError(
            f"{path} can't be understood",
            got=error,
            expected='a JSON object with "units", "frame" or "placement"',
        ) from error
    return values


def _natural(name: str) -> list[tuple[str, int]]:
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
