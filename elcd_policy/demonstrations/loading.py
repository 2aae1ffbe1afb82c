"""One door to all formats: `load_demonstrations`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DemonstrationError
from .formats.bags import BAG_SUFFIXES, is_bag, read_bag
from .formats.csv import read_csv
from .formats.hdf5 import read_hdf5
from .formats.lasa import load_lasa
from .formats.lerobot import is_lerobot, read_lerobot
from .formats.matlab import read_mat
from .formats.npz import read_npz
from .motions import Motion, assemble_set, read_motion
from .recording import Recording
from .sidecar import SIDECAR, read_sidecar
from .source import Source, parse_source, split_columns
from .types import DemonstrationSet

Found = tuple[list[Recording], dict[str, Any]]

READERS: dict[str, Callable[[Path, Source], Found]] = {
    ".csv": read_csv,
    ".mat": read_mat,
    ".npz": read_npz,
    ".tum": read_csv,
    ".txt": read_csv,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    **dict.fromkeys(BAG_SUFFIXES, read_bag),
    "rosbag2": read_bag,
    "LeRobot": read_lerobot,
}
"""By the suffix of a file or, for a folder that is one source, by its kind."""

ONE_SERIES = (read_csv, read_mat, read_npz)
"""Those of files that hold one series: what stands behind "?" are its columns."""

ALONE = (".txt", ".tum")
"""Suffixes that are read when named, not when found in a folder."""


def load_demonstrations(
    source: str | Path,
    units: str | None = None,
    *,
    time_unit: str | None = None,
    rate: float | None = None,
    gaps: str | None = None,
    drop: Sequence[str] = (),
) -> DemonstrationSet:
    """Read demonstrations from a LASA shape, a file or a folder.

    Parameters
    ----------
    source : one of

        - "lasa:Sshape", "lasa:Sshape+WShape" (see `load_lasa`);
        - the path of a .csv, .npz, .mat, .hdf5 (robomimic, Isaac Lab), .mcap, .db3 or .bag file, of
          a rosbag2 bag's folder, or of a folder of such files or bags, read in natural order;
        - the path of a LeRobot data set.

        Behind a path, "?" says what is read: 'file.csv?x,y,z', 'bag?/joint_states[joint1,...]',
        'dataset?observation.state[x,y,z,qx,qy,qz,qw]', 'file.hdf5?mask=train',
        'dataset?episodes=0-4,7'; see `elcd_policy.demonstrations.source`. "?position" alone or
        "/position" behind a series leaves orientations out.
    units : of the coordinates, "mm", "mm,deg" or "x=mm,roll=deg". By default as the files say, else
        as the ``demonstrations.json`` beside them says, else "m" for up to three coordinates.
        Angles in deg are converted to rad.
    time_unit : of the clock, "s", "ms", "us" or "ns"; by default as the files say, else "s".
    rate : samples per s, of files without a clock.
    gaps : "refuse", "cut" or "bridge" recordings with a hole.
    drop : names of demonstrations to leave out.

    Raises
    ------
    DemonstrationError
        If the source does not exist, is of an unknown kind, or does not hold demonstrations.
    MissingExtraError
        If the source needs a package that is not installed.
    """
    if isinstance(source, str) and source.startswith("lasa:"):
        return _lasa(source, units, drop)
    request = parse_source(
        source, units=units, time_unit=time_unit, rate=rate, gaps=gaps, drop=tuple(drop)
    )
    places, folder = _locate(request.path)
    request = _for_reader(request, READERS[_kind(places[0])])
    recordings, about, remarks = _read_all(places, folder, request)
    recordings = _members(recordings, request, about.get("masks", {}))
    motions: list[Motion] = []
    while recordings:  # One at a time: large recordings need not be there twice.
        motions.append(read_motion(recordings.pop(0), request, about, motions[:1]))
    return assemble_set(motions, request, about, remarks)


def demonstration_files(folder: Path) -> list[Path]:
    """Return what a folder holds of a known kind, in natural order: demo_2 before demo_10."""
    places = [place for place in folder.iterdir() if not place.name.startswith(".")]
    found = [place for place in places if _kind(place) and _kind(place) not in ALONE]
    return sorted(found, key=lambda place: _natural(place.name))


def _lasa(source: str, units: str | None, drop: Sequence[str]) -> DemonstrationSet:
    shapes = load_lasa(source.removeprefix("lasa:"))
    kept = [shape for shape in shapes if shape.name not in drop]
    unknown = sorted(set(drop) - {shape.name for shape in shapes})
    if unknown:
        raise _no_such(unknown, [shape.name for shape in shapes], source)
    return replace(shapes, demonstrations=kept, units=units or shapes.units, coordinate_units=())


def _locate(path: Path) -> tuple[list[Path], Path]:
    """Return the places to read for a path, and the folder that speaks for all of them.

    Raises
    ------
    DemonstrationError
        If there is nothing, or nothing of a known kind.
    """
    if _kind(path):
        return [path], path if path.is_dir() else path.parent
    if path.is_dir():
        return _places_in(path), path
    if not path.exists():
        raise DemonstrationError(
            f"{path} does not exist",
            expected=f"a folder, a file ending in {_known_suffixes()}, or lasa:SHAPE",
        )
    raise DemonstrationError(
        f"{path} is of an unknown format",
        got=f"'{path.suffix}'",
        expected=f"one of {_known_suffixes()}, or lasa:SHAPE",
    )


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


def _kind(place: Path) -> str:
    """Return a known kind of file or folder, or nothing."""
    try:
        if place.is_dir():
            return "rosbag2" if is_bag(place) else "LeRobot" if is_lerobot(place) else ""
        if not place.exists():
            return ""
    except (OSError, ValueError):  # a name that no file can have
        return ""
    name = place.name.lower()
    return next((kind for kind in READERS if kind.startswith(".") and name.endswith(kind)), "")


def _known_suffixes() -> str:
    return ", ".join(sorted(kind for kind in READERS if kind.startswith(".")))


def _natural(name: str) -> list[tuple[str, int]]:
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d{0,18})", name)]


def _read_all(
    places: list[Path], folder: Path, request: Source
) -> tuple[list[Recording], dict[str, Any], list[str]]:
    """Return all recordings, what is said of them, and remarks on that."""
    recordings: list[Recording] = []
    stated: dict[str, Any] = {}
    remarks: list[str] = []
    for place in places:
        found, said = READERS[_kind(place)](place, request)
        recordings += found
        remarks += said.pop("remarks", [])
        for key, value in said.items():
            _state(stated, key, value, folder, place)
    about = read_sidecar(folder / SIDECAR)
    if len(places) == 1 and folder == places[0] and not about:
        about = read_sidecar(folder.parent / SIDECAR)
    about |= {key: value for key, value in stated.items() if value}
    return recordings, about, remarks


def _state(stated: dict[str, Any], key: str, value: Any, folder: Path, place: Path) -> None:
    """Take over what one of several files says."""
    before = stated.setdefault(key, value)
    if before == value:
        return
    if key == "note":
        stated[key] = "; ".join(dict.fromkeys([*before.split("; "), value]))
    elif key == "masks":
        stated[key] = before | value
    elif key not in ("names", "coordinate_units"):
        raise DemonstrationError(
            f"the files in {folder} state different {key}",
            got=f"'{value}' in {place.name}",
            expected=f"'{before}' as before it",
        )


def _for_reader(request: Source, reader: Callable[[Path, Source], Found]) -> Source:
    """Return the request as a reader understands it: files of one series have columns only."""
    if reader in ONE_SERIES and request.series:
        columns = (*split_columns(request.series), *request.columns)
        return replace(request, series="", columns=columns)
    return request


def _members(
    recordings: list[Recording], request: Source, masks: dict[str, Sequence[str]]
) -> list[Recording]:
    """Return the recordings that are asked for."""
    names = [recording.name for recording in recordings]
    if request.mask:
        if request.mask not in masks:
            raise DemonstrationError(
                f"{request.path} has no mask '{request.mask}'",
                got=", ".join(masks) or "no masks",
                advice="leave '?mask=' out to read all",
            )
        wanted = [_place(name, names, request) for name in masks[request.mask]]
        recordings = [recordings[i] for i in sorted(set(wanted))]
        names = [recording.name for recording in recordings]
    if request.episodes:
        recordings = [recordings[i] for i in request.select_episodes(len(recordings))]
        names = [recording.name for recording in recordings]
    dropped = {_place(name, names, request) for name in request.drop}
    return [each for index, each in enumerate(recordings) if index not in dropped]


def _place(wanted: str, names: list[str], request: Source) -> int:
    """Return number of the demonstration of that name, or whose name ends with it."""
    found = [i for i, name in enumerate(names) if name == wanted]
    found = found or [i for i, name in enumerate(names) if name.endswith(f"_{wanted}")]
    if len(found) != 1:
        raise _no_such([wanted], names, str(request.path))
    return found[0]


def _no_such(unknown: Sequence[str], names: Sequence[str], source: str) -> DemonstrationError:
    return DemonstrationError(
        f"{source} has no such demonstration",
        got=", ".join(unknown),
        expected=f"one of {', '.join(names)}",
    )
