"""One door to all formats: `load_demonstrations`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DemonstrationError, ParameterError
from ..robot.placement import Placement
from .formats.csv import read_csv
from .formats.lasa import load_lasa, read_mat
from .formats.lerobot import is_lerobot, read_lerobot
from .formats.npz import read_npz
from .formats.robomimic import read_robomimic
from .formats.rosbag import is_bag, read_bag
from .types import Demonstration, DemonstrationSet

Found = tuple[list[Demonstration], dict[str, str]]

READERS: dict[str, Callable[[Path], Found]] = {
    ".csv": read_csv,
    ".mat": read_mat,
    ".npz": read_npz,
}
"""By the suffix of a file."""

SERIES_READERS: dict[str, Callable[[Path, str], Found]] = {
    ".db3": read_bag,
    ".h5": read_robomimic,
    ".hdf5": read_robomimic,
    ".mcap": read_bag,
    "rosbag2": read_bag,
    "LeRobot": read_lerobot,
}
"""Those of what holds several series, by suffix or, for a folder that is one, by its kind."""

POSITION = "position"
"""A series that ends with it means positions only."""

SIDECAR = "demonstrations.json"
"""Optional file beside the demonstrations, an object with some of `SIDECAR_KEYS`."""

SIDECAR_KEYS = ("units", "frame", "placement", "robot", "note")


def load_demonstrations(source: str | Path, units: str | None = None) -> DemonstrationSet:
    """Read demonstrations from a LASA shape, a file or a folder.

    Parameters
    ----------
    source : one of

        - "lasa:Sshape", "lasa:Sshape+WShape" (see `load_lasa`);
        - the path of a .csv, .npz, .mat, .hdf5 (robomimic), .mcap or .db3 file, of a rosbag2
          bag's folder, or of a folder of such files or bags, read in natural order;
        - the path of a LeRobot data set.

        Behind a path, "?" and a series name what is read where there is a choice: a bag's
        topic ("bag?/ee_pose"), a robomimic observation, a LeRobot feature. "?position" alone or
        "/position" behind a series leaves orientations out.
    units : of the positions. By default as the files say, else as the ``demonstrations.json``
        beside them says, else "m"; LASA files are in "mm", joint states in "rad".

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
    path, series, positions_only = _parsed(source)
    folder, places = (path, _places_in(path)) if _is_plain_folder(path) else (path.parent, [path])
    demonstrations: list[Demonstration] = []
    stated: dict[str, str] = {}
    for place in places:
        found, metadata = _read(place, series)
        demonstrations += found
        for key, value in metadata.items():
            if stated.setdefault(key, value) != value and key == "note":
                stated[key] = "; ".join(dict.fromkeys([*stated[key].split("; "), value]))
            elif stated[key] != value:
                raise DemonstrationError(
                    f"the files in {folder} state different {key}",
                    got=f"'{value}' in {place.name}",
                    expected=f"'{stated[key]}' as before it",
                )
    if positions_only:
        demonstrations = [replace(demo, quaternion=None) for demo in demonstrations]
    about = _read_sidecar((path if is_lerobot(path) else folder) / SIDECAR)
    about |= {key: value for key, value in stated.items() if value}
    if isinstance(about.get("placement"), str):
        about["placement"] = _placement(path, about["placement"])
    return DemonstrationSet(
        demonstrations, source=str(source), **(about | {"units": units or about.get("units", "m")})
    )


def demonstration_files(folder: Path) -> list[Path]:
    """What a folder holds of a known kind, in natural order: demo_2 comes before demo_10."""
    places = [place for place in folder.iterdir() if not place.name.startswith(".")]
    return sorted((place for place in places if _kind(place)), key=lambda p: _natural(p.name))


def _parsed(source: str | Path) -> tuple[Path, str, bool]:
    """Path, series, and whether positions only are wanted."""
    path, series = Path(source), ""
    if "?" in str(source) and not path.exists():
        name, _, series = str(source).rpartition("?")
        path = Path(name)
    if series == POSITION or series.endswith(f"/{POSITION}"):
        return path, series.removesuffix(POSITION).removesuffix("/"), True
    return path, series, False


def _kind(place: Path) -> str:
    """A known kind of file or folder, or nothing."""
    if place.is_dir():
        return "rosbag2" if is_bag(place) else "LeRobot" if is_lerobot(place) else ""
    suffix = place.suffix.lower()
    return suffix if suffix in READERS or suffix in SERIES_READERS else ""


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not _kind(path)


def _places_in(folder: Path) -> list[Path]:
    places = demonstration_files(folder)
    if not places:
        inner = sorted(path.name for path in folder.iterdir() if path.is_dir())
        raise DemonstrationError(
            f"no demonstrations in the folder {folder}",
            expected=f"files ending in {_known_suffixes()}, or rosbag2 bags",
            advice=f"name one of its folders: {', '.join(inner)}" if inner else "",
        )
    kinds = sorted({_kind(place) for place in places})
    if len(kinds) > 1:
        raise DemonstrationError(
            f"the folder {folder} mixes formats",
            got=", ".join(kinds),
            expected="files of one format",
            advice="move one kind elsewhere, the same motions may be there twice",
        )
    return places


def _read(place: Path, series: str) -> Found:
    if not place.exists():
        raise DemonstrationError(
            f"{place} does not exist",
            expected=f"a folder, a file ending in {_known_suffixes()}, or lasa:SHAPE",
        )
    kind = _kind(place)
    if kind in SERIES_READERS:
        return SERIES_READERS[kind](place, series)
    if kind not in READERS:
        raise DemonstrationError(
            f"{place} is of an unknown format",
            got=f"'{place.suffix}'",
            expected=f"one of {_known_suffixes()}, or lasa:SHAPE",
        )
    if series:
        raise DemonstrationError(
            f"{place} holds one series only", got=f"'?{series}'", expected="no name behind it"
        )
    return READERS[kind](place)


def _known_suffixes() -> str:
    kinds = sorted({*READERS, *SERIES_READERS})
    return ", ".join(kind for kind in kinds if kind.startswith("."))


def _placement(path: Path, text: str) -> Placement:
    """A placement that a file states as JSON."""
    try:
        return Placement.from_dict(json.loads(text))
    except (TypeError, ValueError, ParameterError) as error:
        raise DemonstrationError(
            f"the placement in {path} can't be understood", got=error
        ) from error


def _read_sidecar(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        unknown = sorted(set(values) - set(SIDECAR_KEYS))
        if unknown:
            raise ValueError(f"unknown keys {unknown}")
        for key in set(values) - {"placement"}:
            if not isinstance(values[key], str):
                raise ValueError(f"{key} {values[key]!r}")
        if "placement" in values:
            values["placement"] = Placement.from_dict(values["placement"])
    except (OSError, TypeError, ValueError, ParameterError) as error:
        raise DemonstrationError(
            f"{path} can't be understood",
            got=error,
            expected=f"a JSON object with some of {', '.join(SIDECAR_KEYS)}",
        ) from error
    return values


def _natural(name: str) -> list[tuple[str, int]]:
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
