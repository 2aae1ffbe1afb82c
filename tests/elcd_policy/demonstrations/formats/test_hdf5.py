"""robomimic files, laid out as that project writes them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

h5py = pytest.importorskip("h5py")

from elcd_policy import load_demonstrations  # noqa: E402
from elcd_policy.demonstrations import (  # noqa: E402
    Demonstration,
    DemonstrationSet,
    save_demonstrations,
)
from elcd_policy.errors import DemonstrationError, MissingExtraError  # noqa: E402

STEPS = np.arange(12)
POSITION = np.column_stack([STEPS, STEPS**2, 5.0 - STEPS]) / 100
QUATERNION = np.tile([0.0, 0.0, 0.6, 0.8], (12, 1))


def write(path: Path, names: tuple[str, ...] = ("demo_0",), **attributes: Any) -> Path:
    """A file as robosuite's datasets are after post-processing."""
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        environment = {"env_name": "Lift", "type": 1, "env_kwargs": {"control_freq": 20}}
        data.attrs.update({"total": 12, "env_args": json.dumps(environment), **attributes})
        for index, name in enumerate(names):
            demo = data.create_group(name)
            demo.attrs["num_samples"] = 12
            demo["actions"] = np.zeros((12, 7))
            demo["obs/robot0_eef_pos"] = POSITION + index
            demo["obs/robot0_eef_quat"] = QUATERNION
            demo["obs/robot0_joint_pos"] = np.outer(STEPS, np.arange(7))
            demo["obs/agentview_image"] = np.zeros((12, 4, 4, 3), dtype=np.uint8)
        file.create_group("mask")["train"] = np.array([b"demo_0"])
    return path


def test_poses_are_read_at_the_control_frequency(tmp_path: Path) -> None:
    names = ("demo_0", "demo_1", "demo_10", "demo_2")
    demos = load_demonstrations(write(tmp_path / "lift.hdf5", names))
    assert [demo.position[0, 0] for demo in demos] == [0, 1, 3, 2]
    assert [demo.name for demo in demos][2:] == ["lift_demo_2", "lift_demo_10"]
    assert (demos.dimension, demos.units) == (6, "m")
    np.testing.assert_allclose(demos[0].time, STEPS / 20)
    np.testing.assert_array_equal(demos[0].position[:, :3], POSITION)
    assert abs(demos.orientation @ QUATERNION[0]) == pytest.approx(1.0)


def test_another_observation_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "lift.h5")
    assert load_demonstrations(f"{path}?position").dimension == 3
    assert load_demonstrations(f"{path}?robot0_eef_pos").dimension == 3
    joints = load_demonstrations(f"{path}?robot0_joint_pos")
    np.testing.assert_array_equal(joints[0].position, np.outer(STEPS, np.arange(7)))
    with pytest.raises(DemonstrationError, match=r"lacks .* 'robot1_eef_pos': got agentview_image"):
        load_demonstrations(f"{path}?robot1_eef_pos")


def test_what_is_written_looks_like_robomimic(tmp_path: Path) -> None:
    time = np.linspace(0.0, 1.0, 12)
    demo = Demonstration(time, POSITION, quaternion=QUATERNION)
    written = DemonstrationSet([demo, demo], frame="base", robot="panda")
    with h5py.File(save_demonstrations(written, tmp_path / "a.hdf5", "hdf5")) as file:
        data = file["data"]
        assert (data.attrs["total"], data.attrs["robot"]) == (24, "panda")
        assert json.loads(data.attrs["env_args"]).keys() == {"env_name", "type", "env_kwargs"}
        demo_1 = data["demo_1"]
        assert demo_1.attrs["num_samples"] == 12
        assert demo_1["actions"].shape == (12, 6)
        assert demo_1["dones"][:].tolist() == [0] * 11 + [1]
        np.testing.assert_array_equal(demo_1["obs/robot0_eef_pos"], POSITION)
        np.testing.assert_allclose(demo_1["obs/robot0_eef_quat"], QUATERNION)


def test_a_file_that_tells_no_times_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "lift.hdf5", env_args=json.dumps({"env_kwargs": {}}))
    with pytest.raises(DemonstrationError, match=r"does not tell its times.*say --rate HZ"):
        load_demonstrations(path)


@pytest.mark.parametrize("damage", ["half", "empty", "text", "foreign", "none"])
def test_damaged_files_are_one_line(damage: str, tmp_path: Path) -> None:
    path = write(tmp_path / "lift.hdf5", () if damage == "none" else ("demo_0",))
    content = path.read_bytes()
    if damage == "half":
        path.write_bytes(content[: len(content) // 2])
    elif damage in ("empty", "text"):
        path.write_bytes(b"" if damage == "empty" else b"t,x,y\n" * 99)
    elif damage == "foreign":
        with h5py.File(path, "w") as file:
            file["numbers"] = STEPS
    with pytest.raises(DemonstrationError, match=r"lift\.hdf5 (can't be read|holds no)") as caught:
        load_demonstrations(path)
    assert "\n" not in str(caught.value)


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "lift.hdf5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"'h5py' .*elcd_policy\[robomimic\]"):
        load_demonstrations(path)
