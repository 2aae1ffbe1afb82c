"""LeRobot data sets of versions 2 and 3, laid out as that project writes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pyarrow = pytest.importorskip("pyarrow")

from pyarrow import parquet  # noqa: E402

from elcd_policy import load_demonstrations  # noqa: E402
from elcd_policy.demonstrations import (  # noqa: E402
    Demonstration,
    DemonstrationSet,
    save_demonstrations,
)
from elcd_policy.errors import DemonstrationError, MissingExtraError  # noqa: E402

FRAMES = np.arange(10)
STATE = np.column_stack([FRAMES, FRAMES**2]).astype(np.float32)


def frames(episode: int) -> dict[str, Any]:
    """An episode at 30 Hz, its state moved by its number."""
    state = STATE + np.float32(episode)
    return {
        "action": pyarrow.array(state.tolist(), pyarrow.list_(pyarrow.float32())),
        "observation.state": pyarrow.array(state.tolist(), pyarrow.list_(pyarrow.float32())),
        "timestamp": (FRAMES / 30).astype(np.float32),
        "frame_index": FRAMES,
        "episode_index": np.full(10, episode),
        "index": FRAMES + 10 * episode,
        "task_index": np.zeros(10, dtype=np.int64),
    }


def write(folder: Path, version: str, state: dict[str, Any] | None = None) -> Path:
    """Three episodes: a file each (v2.1), or two files of two and one (v3.0)."""
    tables = [pyarrow.table(frames(episode)) for episode in range(3)]
    if version == "v2.1":
        path = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"
        files = {path.format(episode_chunk=0, episode_index=i): t for i, t in enumerate(tables)}
    else:
        path = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
        files = {
            path.format(chunk_index=0, file_index=0): pyarrow.concat_tables(tables[:2]),
            path.format(chunk_index=0, file_index=1): tables[2],
        }
    info = {
        "codebase_version": version,
        "robot_type": "so100",
        "fps": 30,
        "data_path": path,
        "features": {
            "action": {"dtype": "float32", "shape": [2], "names": ["a", "b"]},
            "observation.state": state
            or {"dtype": "float32", "shape": [2], "names": {"motors": ["a", "b"]}},
        },
    }
    (folder / "meta").mkdir(parents=True)
    (folder / "meta" / "info.json").write_text(json.dumps(info))
    for name, table in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, folder / name)
    return folder


@pytest.mark.parametrize("version", ["v2.1", "v3.0"])
def test_episodes_of_both_versions_are_read(version: str, tmp_path: Path) -> None:
    demos = load_demonstrations(write(tmp_path / "set", version), units="rad")
    assert (len(demos), demos.dimension, demos.robot, demos.units) == (3, 2, "so100", "rad")
    assert [demo.name for demo in demos] == ["episode_0", "episode_1", "episode_2"]
    for episode, demo in enumerate(demos):
        np.testing.assert_array_equal(demo.position, STATE + np.float32(episode))
        np.testing.assert_allclose(demo.time, FRAMES / 30, rtol=1e-6)


def test_another_feature_can_be_named(tmp_path: Path) -> None:
    folder = write(tmp_path, "v3.0")
    assert load_demonstrations(f"{folder}?action").dimension == 2
    with pytest.raises(DemonstrationError, match=r"lacks .*'observation\.velocity': got action, o"):
        load_demonstrations(f"{folder}?observation.velocity")


def test_what_is_written_looks_like_version_3(tmp_path: Path) -> None:
    time = np.linspace(0.0, 1.0, 21)
    line = np.outer(time, [1.0, 2.0, 3.0])
    turn = np.tile([0.0, 0.6, 0.0, 0.8], (21, 1))
    motions = [Demonstration(time, line * k, quaternion=turn) for k in (1, 2)]
    save_demonstrations(DemonstrationSet(motions, robot="panda"), tmp_path, "lerobot")
    info = json.loads((tmp_path / "meta" / "info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["robot_type"]) == ("v3.0", 20, "panda")
    assert (info["total_episodes"], info["total_frames"]) == (2, 42)
    assert info["features"]["observation.state"]["names"] == ["x", "y", "z", "qx", "qy", "qz", "qw"]
    data = parquet.read_table(tmp_path / info["data_path"].format(chunk_index=0, file_index=0))
    assert data["index"].to_pylist() == list(range(42))
    assert data["frame_index"].to_pylist() == 2 * list(range(21))
    assert data.schema.field("observation.state").type == pyarrow.list_(pyarrow.float64(), 7)
    episodes = parquet.read_table(tmp_path / "meta/episodes/chunk-000/file-000.parquet")
    assert episodes["dataset_from_index"].to_pylist() == [0, 21]
    assert episodes["dataset_to_index"].to_pylist() == [21, 42]
    assert load_demonstrations(tmp_path).orientation is not None
    assert load_demonstrations(f"{tmp_path}?position").dimension == 3


def test_other_data_are_not_mixed_in(tmp_path: Path) -> None:
    write(tmp_path, "v2.1")
    demos = load_demonstrations(tmp_path)
    for format in ("lerobot", "csv"):
        with pytest.raises(DemonstrationError, match="already holds other demonstrations"):
            save_demonstrations(demos, tmp_path, format)
    assert len(load_demonstrations(tmp_path)) == 3


@pytest.mark.parametrize("damage", ["half", "column", "info", "none"])
def test_damaged_sets_are_one_line(damage: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "set", "v3.0")
    first, second = sorted(folder.glob("data/*/*.parquet"))
    if damage == "half":
        first.write_bytes(first.read_bytes()[:500])
    elif damage == "column":
        parquet.write_table(parquet.read_table(second).drop_columns(["timestamp"]), second)
    elif damage == "info":
        (folder / "meta" / "info.json").write_text("{")
    else:
        first.unlink()
        second.unlink()
    with pytest.raises(DemonstrationError, match=r"set (can't be read|holds no data)") as caught:
        load_demonstrations(folder)
    assert "\n" not in str(caught.value)


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, "v3.0")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"'pyarrow' .*elcd_policy\[lerobot\]"):
        load_demonstrations(folder)
