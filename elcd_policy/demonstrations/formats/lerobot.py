"""LeRobot data sets, v2 (one parquet file an episode) and v3 (many episodes a file).

A folder with ``meta/info.json`` and ``data/chunk-*/*.parquet``, whose rows are frames:
``episode_index``, ``timestamp`` in s, and features such as ``observation.state`` [d].
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DemonstrationError, MissingExtraError
from ...robot.orientation import to_pose
from ...utils.files import write_atomically
from ..checks import check_samples
from ..types import Demonstration, DemonstrationSet
from .csv import QUATERNION

Array = NDArray[np.float64]

INFO = Path("meta", "info.json")
STATE = "observation.state"
DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
DATA = Path(DATA_PATH.format(chunk_index=0, file_index=0))
_EXPECTED = "a folder with meta/info.json and data/chunk-*/*.parquet"


def is_lerobot(path: Path) -> bool:
    """Whether a folder is a LeRobot data set."""
    return (path / INFO).is_file()


def read_lerobot(path: Path, feature: str = "") -> tuple[list[Demonstration], dict[str, str]]:
    """The episodes of a LeRobot data set; its ``robot_type`` is the robot.

    They are poses if the axes of the feature are named qx, qy, qz, qw and three others.

    Parameters
    ----------
    path : of the folder.
    feature : to read as coordinates, by default ``observation.state``.

    Raises
    ------
    DemonstrationError
        If a file is damaged, or the feature is missing or no vector.
    MissingExtraError
        If pyarrow is not installed.
    """
    parquet = _pyarrow()[1]
    feature = feature or STATE
    try:
        info = json.loads((path / INFO).read_text(encoding="utf-8"))
        known = sorted(info["features"])
        if feature not in known:
            raise DemonstrationError(
                f"{path} lacks the feature '{feature}'",
                got=", ".join(known),
                advice="name one behind the folder: 'FOLDER?FEATURE'",
            )
        columns = ["episode_index", "timestamp", feature]
        episodes, times, states = [], [], []
        for file in sorted(path.glob("data/**/*.parquet")):
            table = parquet.read_table(file, columns=columns)
            episodes.append(table["episode_index"].to_numpy())
            times.append(table["timestamp"].to_numpy().astype(np.float64))
            values = np.array(table[feature].to_pylist(), dtype=np.float64)
            states.append(values.reshape(len(values), -1))
        if not episodes:
            raise DemonstrationError(f"{path} holds no data", expected=_EXPECTED)
        episode, time, state = map(np.concatenate, (episodes, times, states))
    except DemonstrationError:
        raise
    # Damaged files make pyarrow raise half a dozen unrelated types.
    except Exception as error:
        raise DemonstrationError(
            f"{path} can't be read as a LeRobot data set",
            got=f"{type(error).__name__}: {error}",
            expected=_EXPECTED,
        ) from error
    turning, moving = _axes(info["features"][feature], state.shape[1])
    demonstrations = []
    for index in np.unique(episode):
        rows = np.flatnonzero(episode == index)
        name = f"episode_{index}"
        position = state[rows][:, moving]
        quaternion = state[rows][:, turning] if turning else None
        check_samples(time[rows], position, f"{name} of {path}", quaternion=quaternion)
        demonstrations.append(Demonstration(time[rows], position, name, quaternion))
    robot = info.get("robot_type")
    return demonstrations, {"robot": robot} if isinstance(robot, str) else {}


def _axes(feature: Mapping[str, Any], dimension: int) -> tuple[list[int], list[int]]:
    """Columns of the quaternion, if there is one, and of the positions."""
    names = feature.get("names")
    if isinstance(names, Mapping):  # {"motors": [...]}
        names = next(iter(names.values()), None)
    everything = list(range(dimension))
    if not isinstance(names, list) or len(names) != 7 or not set(QUATERNION) <= set(names):
        return [], everything
    turning = [names.index(name) for name in QUATERNION]
    return turning, [column for column in everything if column not in turning]


def other_data(folder: Path) -> list[str]:
    """Data files in a folder that `write_lerobot` would not write over."""
    found = sorted(path.relative_to(folder) for path in folder.glob("data/**/*.parquet"))
    return [str(path) for path in found if path != DATA]


def write_lerobot(demonstrations: DemonstrationSet, folder: Path) -> None:
    """Write a set in the layout of LeRobot v3.0, with states and times in float64.

    There are no images and no actions. Frames are taken to be ``fps`` apart by LeRobot, which
    is true of demonstrations sampled evenly.
    """
    pyarrow, parquet = _pyarrow()
    lengths = [len(demonstration.time) for demonstration in demonstrations]
    ends = np.cumsum(lengths)
    episode = np.repeat(np.arange(len(lengths)), lengths)
    frame = np.concatenate([np.arange(length) for length in lengths])
    state = np.concatenate(
        [_state(demonstration, demonstrations) for demonstration in demonstrations]
    )
    time = np.concatenate([demonstration.time for demonstration in demonstrations])
    frames = {
        STATE: pyarrow.FixedSizeListArray.from_arrays(state.ravel(), state.shape[1]),
        "timestamp": time,
        "frame_index": frame,
        "episode_index": episode,
        "index": np.arange(len(episode)),
        "task_index": np.zeros(len(episode), dtype=np.int64),
    }
    task = demonstrations.note or "follow the demonstrations"
    count = len(lengths)
    meta = {
        "episode_index": np.arange(count),
        "tasks": [[task]] * count,
        "length": np.array(lengths),
        "data/chunk_index": np.zeros(count, dtype=np.int64),
        "data/file_index": np.zeros(count, dtype=np.int64),
        "dataset_from_index": ends - lengths,
        "dataset_to_index": ends,
        "meta/episodes/chunk_index": np.zeros(count, dtype=np.int64),
        "meta/episodes/file_index": np.zeros(count, dtype=np.int64),
    }
    tables = {
        str(DATA): pyarrow.table(frames),
        "meta/episodes/chunk-000/file-000.parquet": pyarrow.table(meta),
        "meta/tasks.parquet": _tasks(pyarrow, task),
    }
    for name, table in tables.items():
        with write_atomically(folder / name) as file:
            parquet.write_table(table, file)
    statistics = {
        STATE: {
            "min": state.min(axis=0).tolist(),
            "max": state.max(axis=0).tolist(),
            "mean": state.mean(axis=0).tolist(),
            "std": state.std(axis=0).tolist(),
            "count": [len(state)],
        }
    }
    _write_json(folder / "meta" / "stats.json", statistics)
    # Last: a folder without it is no data set.
    _write_json(folder / INFO, _info(demonstrations, state))


def _tasks(pyarrow: Any, task: str) -> Any:
    """LeRobot reads its tasks as a pandas frame whose index they are."""
    table = pyarrow.table({"task_index": [0], "task": [task]})
    kinds = {"task_index": ("int64", "int64"), "task": ("unicode", "object")}
    columns = [
        {"name": key, "field_name": key, "pandas_type": a, "numpy_type": b, "metadata": None}
        for key, (a, b) in kinds.items()
    ]
    pandas = {"index_columns": ["task"], "column_indexes": [], "columns": columns}
    return table.replace_schema_metadata({"pandas": json.dumps(pandas)})


def _state(demonstration: Demonstration, whole: DemonstrationSet) -> Array:
    if whole.orientation is None:
        return demonstration.position
    return np.hstack(to_pose(demonstration.position, whole.orientation))


def _info(demonstrations: DemonstrationSet, state: Array) -> dict[str, Any]:
    steps = np.concatenate([np.diff(demonstration.time) for demonstration in demonstrations])
    axes = [f"x{index}" for index in range(state.shape[1])]
    if demonstrations.orientation is not None:
        axes = ["x", "y", "z", *QUATERNION]
    whole = {"dtype": "int64", "shape": [1], "names": None}
    return {
        "codebase_version": "v3.0",
        "robot_type": demonstrations.robot or None,
        "total_episodes": len(demonstrations),
        "total_frames": len(state),
        "total_tasks": 1,
        "chunks_size": 1000,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 500,
        "fps": max(1, round(1 / float(np.median(steps)))),
        "splits": {"train": f"0:{len(demonstrations)}"},
        "data_path": DATA_PATH,
        "video_path": None,
        "features": {
            STATE: {"dtype": "float64", "shape": [len(axes)], "names": axes},
            "timestamp": {"dtype": "float64", "shape": [1], "names": None},
            **dict.fromkeys(("frame_index", "episode_index", "index", "task_index"), whole),
        },
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    with write_atomically(path) as file:
        file.write((json.dumps(value, indent=4) + "\n").encode())


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "lerobot") from error
    return pyarrow, pyarrow.parquet
