"""One motion, written in every dialect that is read, comes back as that motion."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat
from scipy.spatial.transform import Rotation

from elcd_policy.demonstrations import (
    Demonstration,
    DemonstrationSet,
    load_demonstrations,
    save_demonstrations,
)
from elcd_policy.demonstrations.writing import FORMATS

EPOCH = 1_718_000_000

Write = Callable[[Path, np.ndarray, np.ndarray, Rotation], str]
"""Writes times [N] in ms, positions [N, 3] in m and orientations; returns the source to load."""


def table(
    header: str, delimiter: str = ",", comma: bool = False, end: str = ""
) -> Callable[[Path, np.ndarray], str]:
    def write(folder: Path, columns: np.ndarray) -> str:
        rows = [delimiter.join(f"{value:.9f}" for value in row) + end for row in columns]
        text = "\n".join([*([header] if header else []), *rows]) + "\n"
        (folder / "a.csv").write_text(text.replace(".", ",") if comma else text)
        return str(folder / "a.csv")

    return write


def hdf5(folder: Path, time: np.ndarray, x: np.ndarray, turn: Rotation) -> str:
    with h5py.File(folder / "a.hdf5", "w") as file:
        group = file.create_group("data/demo_0/obs")
        group["robot0_eef_pos"], group["robot0_eef_quat"] = x, turn.as_quat()
        file["data/demo_0/time"] = time / 1e3
        file["data"].attrs["env_args"] = json.dumps({"env_name": "Lift"})
    return str(folder / "a.hdf5")


def mat(folder: Path, time: np.ndarray, x: np.ndarray, turn: Rotation) -> str:
    savemat(folder / "a.mat", {"t": time / 1e3, "pos": x.T, "quat": turn.as_quat()})
    return str(folder / "a.mat")


def npz(folder: Path, time: np.ndarray, x: np.ndarray, turn: Rotation) -> str:
    np.savez(folder / "a.npz", time=time / 1e3, position=x, quaternion=turn.as_quat())
    return str(folder / "a.npz")


def echo(folder: Path, time: np.ndarray, x: np.ndarray, turn: Rotation) -> str:
    rows = [
        f"{EPOCH + t // 1000},{t % 1000 * 1_000_000},base," + ",".join(f"{v:.12f}" for v in pose)
        for t, pose in zip(time.tolist(), np.hstack([x, turn.as_quat()]), strict=True)
    ]
    (folder / "a.csv").write_text("\n".join(rows) + "\n")
    return str(folder / "a.csv")


def poses(
    header: str,
    delimiter: str = ",",
    comma: bool = False,
    end: str = "",
    *,
    order: tuple[int, ...] = (0, 1, 2, 3),
    ticks: float = 1e-3,
    behind: str = "",
) -> Write:
    def write(folder: Path, time: np.ndarray, x: np.ndarray, turn: Rotation) -> str:
        columns = np.column_stack([time * ticks, x, turn.as_quat()[:, order]])
        return table(header, delimiter, comma, end)(folder, columns) + behind

    return write


def angles(header: str, degrees: bool) -> Write:
    def write(folder: Path, time: np.ndarray, x: np.ndarray, turn: Rotation) -> str:
        columns = [time / 1e3, x, turn.as_euler("xyz", degrees=degrees)]
        return table(header)(folder, np.column_stack(columns))

    return write


DIALECTS: dict[str, Write] = {
    "plain": poses("t,x,y,z,qx,qy,qz,qw"),
    "trailing comma": poses("t,x,y,z,qx,qy,qz,qw,", end=","),
    "semicolon": poses("t;x;y;z;qx;qy;qz;qw", ";", comma=True),
    "tab": poses("time\tx\ty\tz\tqx\tqy\tqz\tqw", "\t"),
    "tum": poses("# timestamp tx ty tz qx qy qz qw", " "),
    "tum without header": poses("", " "),
    "w first": poses("t,x,y,z,qw,qx,qy,qz", order=(3, 0, 1, 2)),
    "ROS fields": poses(
        "time,"
        + ",".join(f"pose.position.{a}" for a in "xyz")
        + ","
        + ",".join(f"pose.orientation.{a}" for a in "xyzw")
    ),
    "PlotJuggler": poses(
        "__time,"
        + ",".join(f"/ee/pose/position/{a}" for a in "xyz")
        + ","
        + ",".join(f"/ee/pose/orientation/{a}" for a in "xyzw")
    ),
    "milliseconds": poses("time [ms],x,y,z,qx,qy,qz,qw", ticks=1.0),
    "nanoseconds": poses("t,x,y,z,qx,qy,qz,qw", ticks=1e6, behind="?time_unit=ns"),
    "other names": poses("t,a,b,c,d,e,f,g", behind="?x=a,y=b,z=c,qx=d,qy=e,qz=f,qw=g"),
    "degrees": angles("t,x,y,z,roll [deg],pitch [deg],yaw [deg]", degrees=True),
    "radians": angles("t,x,y,z,roll_rad,pitch_rad,yaw_rad", degrees=False),
    "ros2 topic echo": echo,
    "hdf5": hdf5,
    "mat": mat,
    "npz": npz,
}


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=5, deadline=None)
@given(
    scale=st.floats(0.05, 2.0),
    shift=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    # Beyond, roll, pitch and yaw are not unique.
    angles=st.lists(st.floats(-1.2, 1.2), min_size=3, max_size=3),
    step=st.integers(5, 100),
)
def test_the_same_motion_is_read_in_every_dialect(
    dialect: str, scale: float, shift: list[float], angles: list[float], step: int
) -> None:
    time = np.arange(25) * step
    share = np.linspace(0, 1, 25)[:, None] ** 2
    x = np.array(shift) + scale * np.hstack([share, np.sin(2 * share), -share])
    turn = Rotation.from_euler("xyz", (1 - share) * np.array(angles))
    with tempfile.TemporaryDirectory() as folder:
        demos = load_demonstrations(DIALECTS[dialect](Path(folder), time, x, turn))
    motion = DemonstrationSet([Demonstration(time / 1e3, x, quaternion=turn.as_quat())])
    assert demos.names == motion.names
    assert demos.coordinate_units == motion.coordinate_units
    np.testing.assert_allclose(demos[0].time - demos[0].time[0], time / 1e3, atol=1e-9)
    np.testing.assert_allclose(demos[0].position, motion[0].position, atol=1e-7)


@pytest.mark.parametrize("format", FORMATS)
def test_writers_keep_names_units_and_masks(format: str, tmp_path: Path) -> None:
    time = np.arange(30) / 50
    joints = [np.outer(time, [1.0, -0.5, 20.0]) + 0.01 * k for k in range(4)]
    motions = [Demonstration(time, x, f"take_{k}") for k, x in enumerate(joints)]
    written = DemonstrationSet(
        motions,
        units="rad",
        names=("elbow_joint", "shoulder, left", "gripper"),
        coordinate_units=("rad", "rad", "%"),
        masks={"train": ("take_0", "take_2"), "valid": ("take_3",)},
    )
    target = tmp_path / ("set.hdf5" if format == "hdf5" else "set")
    read = load_demonstrations(save_demonstrations(written, target, format))
    assert read.names == written.names
    assert read.coordinate_units == written.coordinate_units
    numbers = {demo.name: k for k, demo in enumerate(read)}
    masks = {mask: [numbers[name] for name in names] for mask, names in read.masks.items()}
    if format not in ("mcap", "db3"):  # a bag holds one demonstration and knows of no others
        assert masks == {"train": [0, 2], "valid": [3]}
        chosen = load_demonstrations(f"{target}?mask=train")
        np.testing.assert_allclose(chosen[1].position, joints[2])
    for demo, x in zip(read, joints, strict=True):
        np.testing.assert_allclose(demo.position, x, atol=1e-12)
