"""Write demonstrations as robomimic lays them out: ``data/demo_0/obs/robot0_eef_pos``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...robot.orientation import to_pose
from ..sidecar import format_about
from ..types import Demonstration, DemonstrationSet
from .hdf5 import POSITION, QUATERNION
from .hdf5_tree import import_h5py

Array = NDArray[np.float64]

STATE = "state"
"""The observation for coordinates that are no end effector's position in m."""


def write_robomimic(
    demonstrations: DemonstrationSet, about: Mapping[str, Any], file: BinaryIO
) -> None:
    """Write a set as robomimic lays it out, exactly; ``about`` becomes attributes of ``data``.

    Actions are the demonstrated velocities [N, d]; rewards are zero, the last step is done.
    """
    h5py = import_h5py()
    with h5py.File(file, "w") as whole:
        data = whole.create_group("data")
        data.attrs.update(format_about({k: value for k, value in about.items() if k != "masks"}))
        for mask, members in about.get("masks", {}).items():
            whole.create_dataset(f"mask/{mask}", data=np.array(members, dtype="S"))
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
