"""Write demonstrations as a LeRobot data set of version 3.0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...robot.orientation import to_pose
from ...utils.files import write_atomically
from ..types import Demonstration, DemonstrationSet
from .csv import QUATERNION
from .lerobot import INFO, STATE, import_pyarrow

Array = NDArray[np.float64]

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
DATA = Path(DATA_PATH.format(chunk_index=0, file_index=0))


def other_data(folder: Path) -> list[str]:
    """Return the data files in a folder that `write_lerobot` would not write over."""
    found = sorted(path.relative_to(folder) for path in folder.glob("data/**/*.parquet"))
    return [str(path) for path in found if path != DATA]


def write_lerobot(demonstrations: DemonstrationSet, folder: Path) -> None:
    """Write a set in the layout of LeRobot v3.0, with states and times in float64.

    There are no images and no actions. Frames are taken to be ``fps`` apart by LeRobot, which
    is true of demonstrations sampled evenly.
    """
    pyarrow, parquet = import_pyarrow()
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
    """Return tasks as LeRobot reads them: the index of a pandas frame."""
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
    axes = list(demonstrations.names)
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
