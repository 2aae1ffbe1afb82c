"""Distances between motions of orientations: angles in deg, not differences of coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..robot.orientation import to_pose

Array = NDArray[np.float64]


def angles_between(path: ArrayLike, reference: ArrayLike) -> Array:
    """Return angles [N, M] in deg between the orientations of poses [N, 6] and [M, 6].

    The angle is that of the rotation that leads from one to the other (geodesic distance); it
    does not depend on the orientation that the coordinates are counted from. Precise to 1e-5.
    """
    here, there = (to_pose(poses, [0.0, 0.0, 0.0, 1.0])[1] for poses in (path, reference))
    return np.degrees(2 * np.arccos(np.minimum(1.0, np.abs(here @ there.T))))
