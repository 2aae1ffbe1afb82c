"""robomimic HDF5: ``data/demo_0/obs/robot0_eef_pos`` [N, 3] and ``robot0_eef_quat`` [N, 4].

Quaternions are x y z w. robomimic knows steps, not times: they are ``control_freq`` of the
``env_args`` apart, unless a demonstration has a data set ``time`` [N] in s, which robomimic
ignores and `write_robomimic` writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import DemonstrationError, MissingExtraError
from ...robot.orientation import to_pose
from ..checks import check_samples
from ..types import Demonstration, DemonstrationSet

Array = NDArray[np.float64]

POSITION, QUATERNION = "robot0_eef_pos", "robot0_eef_quat"
STATE = "state"
"""The observation for coordinates that are no end effector's position in m."""
NOTED = ("units", "frame", "robot", "note", "placement")
_EXPECTED = "an HDF5 file with groups data/demo_*/obs"


def read_robomimic(path: Path, observation: str = "") -> tuple[list[Demonstration], dict[str, str]]:
    """The demonstrations in a robomimic file, and what its ``data`` group says of them.

    Parameters
    ----------
    path : of the file.
    observation : to read, such as "robot0_joint_pos". By default the poses of
        ``robot0_eef_pos`` and ``robot0_eef_quat``, else the only observation there is.

    Raises
    ------
    DemonstrationError
        If the file is damaged, lacks the observation, or tells no times.
    MissingExtraError
        If h5py is not installed.
    """
    h5py = _h5py()
    demonstrations = []
    try:
        with h5py.File(path, "r") as file:
            data = file["data"]
            metadata = {key: str(data.attrs[key]) for key in NOTED if key in data.attrs}
            names = sorted(data, key=lambda name: int(re.sub(r"\D", "", name) or 0))
            for name in names:
                where = f"{name} of {path}"
                group = data[name]
                key = _chosen(where, group["obs"], observation)
                position = np.asarray(group["obs"][key], dtype=np.float64)
                quaternion = None
                if not observation and key == POSITION and QUATERNION in group["obs"]:
                    quaternion = np.asarray(group["obs"][QUATERNION], dtype=np.float64)
                if "time" in group:
                    time = np.asarray(group["time"], dtype=np.float64)
                else:
                    time = np.arange(len(position)) / _frequency(path, data)
                check_samples(time, position, where, quaternion=quaternion)
                stem = f"{path.stem}_{name}"
                demonstrations.append(Demonstration(time, position, stem, quaternion))
    except DemonstrationError:
        raise
    # A damaged file makes h5py raise half a dozen unrelated types.
    except Exception as error:
        raise DemonstrationError(
            f"{path} can't be read as a robomimic file",
            got=f"{type(error).__name__}: {error}",
            expected=_EXPECTED,
        ) from error
    if not demonstrations:
        raise DemonstrationError(f"{path} holds no demonstrations", expected=_EXPECTED)
    return demonstrations, metadata


def write_robomimic(
    demonstrations: DemonstrationSet, about: Mapping[str, str], file: BinaryIO
) -> None:
    """Write a set as robomimic lays it out, exactly; ``about`` becomes attributes of ``data``.

    Actions are the demonstrated velocities [N, d]; rewards are zero, the last step is done.
    """
    h5py = _h5py()
    with h5py.File(file, "w") as whole:
        data = whole.create_group("data")
        data.attrs.update({key: value for key, value in about.items() if value})
        data.attrs["total"] = sum(len(demonstration.time) for demonstration in demonstrations)
        data.attrs["env_args"] = json.dumps({"env_name": "", "type": 0, "env_kwargs": {}})
        for index, demonstration in enumerate(demonstrations):
            group = data.create_group(f"demo_{index}")
            group.attrs["num_samples"] = len(demonstration.time)
            for key, values in _observations(demonstration, demonstrations).items():
                group.create_dataset(f"obs/{key}", data=values)
            steps = len(demonstration.time)
            group.create_dataset("time", data=demonstration.time)
            group.create_dataset("actions", data=demonstration.velocity)
            group.create_dataset("rewards", data=np.zeros(steps))
            group.create_dataset("dones", data=np.arange(steps) == steps - 1, dtype=np.int64)


def _observations(demonstration: Demonstration, whole: DemonstrationSet) -> dict[str, Array]:
    if whole.orientation is not None:
        position, quaternion = to_pose(demonstration.position, whole.orientation)
        return {POSITION: position, QUATERNION: quaternion}
    metres = whole.dimension == 3 and whole.units == "m"
    return {POSITION if metres else STATE: demonstration.position}


def _chosen(where: str, observations: Any, wanted: str) -> str:
    """The observation to read."""
    if wanted in observations:
        return wanted
    if not wanted and POSITION in observations:
        return POSITION
    if not wanted and len(observations) == 1:
        return next(iter(observations))
    raise DemonstrationError(
        f"{where} lacks the observation '{wanted or POSITION}'",
        got=", ".join(observations) or "none",
        advice="" if wanted else "name one behind the file: 'FILE?OBSERVATION'",
    )


def _frequency(path: Path, data: Any) -> float:
    """Steps per s."""
    try:
        value = float(json.loads(data.attrs["env_args"])["env_kwargs"]["control_freq"])
        if not 0 < value < np.inf:
            raise ValueError(f"control_freq {value:g}")
        return value
    except (KeyError, TypeError, ValueError) as error:
        raise DemonstrationError(
            f"{path} does not tell its times",
            got=f"{type(error).__name__}: {error}",
            expected="env_args with env_kwargs.control_freq in Hz, or data sets 'time'",
        ) from error


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "robomimic") from error
    return h5py
