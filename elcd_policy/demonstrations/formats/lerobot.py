"""LeRobot data sets, v2 (one parquet file an episode) and v3 (many episodes a file).

A folder with ``meta/info.json`` and ``data/chunk-*/*.parquet``, whose rows are frames:
``episode_index``, ``timestamp`` in s, and features such as ``observation.state`` [d].
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DemonstrationError, MissingExtraError
from ...utils.json_text import read_json
from ..recording import Recording
from ..source import Source
from ..types import default_names

INFO = Path("meta", "info.json")
STATE = "observation.state"
LARGEST = 64 * 2**20
"""Bytes that a small file may unpack to; a larger one to ten times its size."""

_EXPECTED = "a folder with meta/info.json and data/chunk-*/*.parquet"


def is_lerobot(path: Path) -> bool:
    """Return whether a folder is a LeRobot data set."""
    return (path / INFO).is_file()


def read_lerobot(path: Path, request: Source) -> tuple[list[Recording], dict[str, Any]]:
    """Return the episodes of a LeRobot data set; its ``robot_type`` is the robot.

    Frames that stand in several files are taken once; episodes that no file holds are named.

    Parameters
    ----------
    path : of the folder.
    request : whose ``series`` is the feature to read, by default ``observation.state``.

    Raises
    ------
    DemonstrationError
        If a file is damaged, or the feature is missing or no vector.
    MissingExtraError
        If pyarrow is not installed.
    """
    parquet = import_pyarrow()[1]
    feature = request.series or STATE
    try:
        info = read_json(path / INFO)
        features = {key: dict(value) for key, value in dict(info["features"]).items()}
        if feature not in features:
            raise DemonstrationError(
                f"{path} lacks the feature '{feature}'",
                got=", ".join(sorted(features)),
                advice="name one behind the folder: 'FOLDER?FEATURE'",
            )
        files = sorted(path.glob("data/**/*.parquet"))
        parts = [_frames(parquet, file, feature) for file in files]
        if not parts:
            raise DemonstrationError(f"{path} holds no data", expected=_EXPECTED)
        if len({part["state"].shape[1] for part in parts}) > 1:
            raise ValueError(f"'{feature}' differs in width")
        frames = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        names = _axis_names(features[feature], frames["state"].shape[1])
        count, splits = int(info.get("total_episodes") or 0), dict(info.get("splits") or {})
    except DemonstrationError:
        raise
    # Damaged files make pyarrow raise half a dozen unrelated types.
    except Exception as error:
        raise DemonstrationError(
            f"{path} can't be read as a LeRobot data set",
            got=f"{type(error).__name__}: {error}",
            expected=_EXPECTED,
        ) from error
    return _episodes(path, frames, names, count, splits, info.get("robot_type"))


def _episodes(
    path: Path,
    frames: Mapping[str, NDArray[Any]],
    names: tuple[str, ...],
    count: int,
    splits: Mapping[str, Any],
    robot: object,
) -> tuple[list[Recording], dict[str, Any]]:
    """Return the recordings, and what the data set says of them."""
    episode, remarks = frames["episode"], []
    numbers = np.unique(episode)
    twice = 0
    recordings = []
    for number in numbers:
        rows = np.flatnonzero(episode == number)
        if "frame" in frames:
            _, once = np.unique(frames["frame"][rows], return_index=True)
            twice += len(once) < len(rows)
            rows = rows[np.sort(once)]
        name = f"episode_{number}"
        recordings.append(
            Recording(
                name,
                f"{name} of {path}",
                names,
                frames["state"][rows],
                frames["time"][rows],
                time_unit="s",
            )
        )
    if twice:
        remarks.append(f"{path}: {twice} episodes stand in several files, taken once")
    known = set(numbers.tolist())
    lost = [str(n) for n in range(min(count, 1_000_000)) if n not in known]
    if lost:
        remarks.append(f"{path}: no file holds the episodes {', '.join(lost[:20])}")
    masks = {}
    for split, text in splits.items():
        match = re.fullmatch(r"(\d{1,9}):(\d{1,9})", str(text))
        if match and (int(match[1]), int(match[2])) != (0, count):
            chosen = range(int(match[1]), int(match[2]))
            masks[str(split)] = tuple(f"episode_{n}" for n in sorted(known) if n in chosen)
    about = {"robot": robot if isinstance(robot, str) else "", "masks": masks, "remarks": remarks}
    return recordings, about


def _frames(parquet: Any, file: Path, feature: str) -> dict[str, NDArray[Any]]:
    """Return the columns of one file: episode, frame (if it has one), time [N] and state [N, d]."""
    whole = parquet.ParquetFile(file)
    limit = max(10 * file.stat().st_size, LARGEST)
    size = sum(
        whole.metadata.row_group(i).total_byte_size for i in range(whole.metadata.num_row_groups)
    )
    if max(size, 40 * whole.metadata.num_rows) > limit:
        raise ValueError(f"{file.name} unpacks to more than ten times its size")
    known = whole.schema_arrow.names
    columns = ["episode_index", "timestamp", feature]
    table = whole.read(columns=columns + ["frame_index"] * ("frame_index" in known))
    holes = [name for name in table.column_names if table[name].null_count]
    if holes:
        raise ValueError(f"{', '.join(holes)} of {file.name} have empty values")
    values = table[feature].combine_chunks()
    if 8 * table.num_rows * max(getattr(values.type, "list_size", 1), 1) > limit:
        raise ValueError(f"'{feature}' is far larger than {file.name}")
    while hasattr(values, "flatten") and hasattr(values.type, "value_type"):
        values = values.flatten()
    state = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    frames = {
        "episode": np.asarray(table["episode_index"].to_numpy()).astype(np.int64),
        "time": np.asarray(table["timestamp"].to_numpy(), dtype=np.float64),
        "state": state.reshape(table.num_rows, -1 if state.size else 0),
    }
    if "frame_index" in known:
        frames["frame"] = np.asarray(table["frame_index"].to_numpy()).astype(np.int64)
    return frames


def _axis_names(feature: Mapping[str, Any], dimension: int) -> tuple[str, ...]:
    """Return the names of a feature's axes; by default those of nameless coordinates."""
    names = feature.get("names")
    if isinstance(names, Mapping):  # {"motors": [...]} or {"x": 0, ...}
        first = next(iter(names.values()), None)
        names = first if isinstance(first, list) else list(names)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return default_names(dimension)
    return tuple(names) if len(set(names)) == dimension == len(names) else default_names(dimension)


def import_pyarrow() -> tuple[Any, Any]:
    """Return the modules pyarrow and pyarrow.parquet.

    Raises
    ------
    MissingExtraError
        If they are not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "lerobot") from error
    return pyarrow, pyarrow.parquet
