"""Recordings from named arrays, as NPZ and MATLAB files hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import DemonstrationError
from ..recording import Recording
from ..types import default_names
from .csv import QUATERNION

TIMES = ("time", "t", "times", "timestamp", "timestamps", "stamp")
POSITIONS = (
    "position",
    "pos",
    "positions",
    "x",
    "xyz",
    "ee_pos",
    "eef_pos",
    "q",
    "joint_positions",
)
QUATERNIONS = ("quaternion", "quat", "orientation", "ee_quat", "eef_quat")
JOINTS = ("q", "joint_positions")


def read_arrays(
    arrays: Mapping[str, Any],
    name: str,
    where: str,
    names: Sequence[str] = (),
    row: Callable[[int], str] = "sample {}".format,
) -> Recording | None:
    """Return the recording in arrays of time [N], positions and optionally quaternions.

    Positions are [N, d] or [d, N], whichever fits the times; quaternions x y z w likewise.

    Parameters
    ----------
    arrays : by name, see `TIMES`, `POSITIONS` and `QUATERNIONS`.
    name, where : of the recording.
    names : of the coordinates, where the file says them.

    Returns
    -------
    None if there are no times and positions among them.

    Raises
    ------
    DemonstrationError
        If an array is not one of real numbers, or does not fit the times.
    """
    folded = {key.casefold(): key for key in arrays}
    keys = [next((folded[k] for k in known if k in folded), "") for known in (TIMES, POSITIONS)]
    if not all(keys):
        return None
    turning = next((folded[key] for key in QUATERNIONS if key in folded), "")
    time = np.squeeze(_numbers(arrays[keys[0]], keys[0], where))
    if time.ndim != 1:
        raise DemonstrationError(
            f"time in {where} has the wrong shape", got=list(time.shape), expected="[N]"
        )
    position = _upright(_numbers(arrays[keys[1]], keys[1], where), len(time), "position", where)
    values = [position]
    d = position.shape[1]
    labels = [*(names if len(names) == d else default_names(d))]
    if turning:
        quaternion = _upright(_numbers(arrays[turning], turning, where), len(time), turning, where)
        if d != 3 or quaternion.shape[1] != 4:
            raise DemonstrationError(
                f"{where} does not hold poses",
                got=f"positions {list(position.shape)} and quaternions {list(quaternion.shape)}",
                expected=f"positions [{len(time)}, 3] and quaternions [{len(time)}, 4]",
            )
        values.append(quaternion)
        labels += QUATERNION
    kinds = dict.fromkeys(labels, "joint") if keys[1].casefold() in JOINTS else {}
    return Recording(name, where, tuple(labels), np.hstack(values), time, kinds=kinds, row=row)


def _numbers(array: Any, key: str, where: str) -> Any:
    array = np.asarray(array)
    if array.dtype.kind not in "fiu":
        raise DemonstrationError(
            f"'{key}' in {where} is not an array of real numbers", got=array.dtype
        )
    return (
        array if array.dtype.kind == "i" and key.casefold() in TIMES else array.astype(np.float64)
    )


def _upright(array: Any, count: int, key: str, where: str) -> Any:
    """Return the array as [N, d]."""
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2 or array.shape[1] < 1:
        raise DemonstrationError(
            f"{key} in {where} has the wrong shape",
            got=list(array.shape),
            expected="[N, d] with d >= 1",
            advice="write one row per sample; one coordinate is [N, 1]",
        )
    if array.shape[0] != count and array.shape[1] == count:
        array = array.T
    if array.shape[0] != count:
        raise DemonstrationError(
            f"time and {key} in {where} differ in length",
            got=f"{count} times and {list(array.shape)} {key}s",
            expected="as many",
        )
    return array
