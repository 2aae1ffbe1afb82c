"""Checks that make arrays a demonstration; everything else is refused by name and row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import DemonstrationError
from ..robot.orientation import POSE_DIMENSION, angle_fault

Array = NDArray[np.float64]

MIN_SAMPLES = 5
#: How far a quaternion's norm may be from 1: what rounding to two digits does.
NORM_TOLERANCE = 0.01


def check_samples(
    time: Array,
    position: Array,
    where: str,
    row: Callable[[int], str] = "sample {}".format,
    quaternion: Array | None = None,
) -> None:
    """Raise `DemonstrationError` unless the arrays make a demonstration.

    Parameters
    ----------
    time, position, quaternion : as of `Demonstration`.
    where : the file or name that an error message speaks of.
    row : index of a sample -> what the message calls it, such as "line 12".
    """
    if time.ndim != 1:
        raise DemonstrationError(
            f"time in {where} has the wrong shape", got=list(time.shape), expected="[N]"
        )
    if position.ndim != 2 or position.shape[1] < 1:
        raise DemonstrationError(
            f"position in {where} has the wrong shape",
            got=list(position.shape),
            expected="[N, d] with d >= 1",
            advice="write one row per sample; one coordinate is [N, 1]",
        )
    if len(time) != len(position):
        raise DemonstrationError(
            f"time and position in {where} differ in length",
            got=f"{len(time)} times and {len(position)} positions",
            expected="as many",
        )
    if len(time) < MIN_SAMPLES:
        raise DemonstrationError(
            f"{where} is too short", got=f"{len(time)} samples", expected=f"at least {MIN_SAMPLES}"
        )
    if quaternion is not None and (
        position.shape[1] != 3 or quaternion.shape != (len(position), 4)
    ):
        raise DemonstrationError(
            f"{where} does not hold poses",
            got=f"positions {list(position.shape)} and quaternions {list(quaternion.shape)}",
            expected=f"positions [{len(position)}, 3] and quaternions [{len(position)}, 4]",
        )
    samples = np.column_stack([time, position, *([] if quaternion is None else [quaternion])])
    broken = np.flatnonzero(~np.isfinite(samples).all(axis=1))
    if broken.size:
        raise DemonstrationError(
            f"{row(broken[0])} of {where} is not finite",
            got=", ".join(f"{value:g}" for value in samples[broken[0]]),
            expected="finite numbers",
            advice="remove or interpolate the missing samples",
        )
    back = np.flatnonzero(np.diff(time) <= 0)
    if back.size:
        i = back[0]
        raise DemonstrationError(
            f"time does not increase at {row(i + 1)} of {where}",
            got=f"t = {time[i + 1]:g} s after {time[i]:g} s",
            expected="strictly increasing seconds",
            advice="sort the samples by time and drop repeated stamps",
        )
    if quaternion is not None:
        norm = np.linalg.norm(quaternion, axis=1)
        odd = np.flatnonzero(np.abs(norm - 1) > NORM_TOLERANCE)
        if odd.size:
            raise DemonstrationError(
                f"{row(odd[0])} of {where} holds no orientation",
                got=f"a quaternion of norm {norm[odd[0]]:.4g}",
                expected="x y z w of norm 1",
            )


def check_rotations(coordinates: Array, where: str) -> None:
    """Raise `DemonstrationError` unless these are coordinates [N, 6] of poses near the reference.

    Parameters
    ----------
    coordinates : see `elcd_policy.robot.orientation`.
    where : as of `check_samples`.
    """
    if coordinates.shape[1] != POSE_DIMENSION:
        raise DemonstrationError(
            f"{where} does not hold poses",
            got=f"{coordinates.shape[1]} coordinates",
            expected=f"{POSE_DIMENSION}, or positions [N, 3] and quaternions [N, 4]",
        )
    r = coordinates[:, 3:]
    angle = np.linalg.norm(r, axis=1)
    farthest = int(angle.argmax())
    fault = angle_fault(float(angle[farthest]))
    if fault:
        raise DemonstrationError(
            f"sample {farthest} of {where} is turned too far: {fault}",
            advice="end the demonstration nearer to it, or split the task in two",
        )
    jumps = np.flatnonzero(np.linalg.norm(np.diff(r, axis=0), axis=1) > np.pi)
    if jumps.size:
        raise DemonstrationError(
            f"{where} turns through half a turn from the goal's orientation",
            got=f"the jump between samples {jumps[0]} and {jumps[0] + 1}",
            expected="orientations on one side of it",
            advice="split the task in two",
        )
