"""Obstacles from a YAML file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from ..errors import ParameterError
from .shapes import Obstacle, ObstacleSet

KEYS = {
    "sphere": {"centre", "radius"},
    "ellipsoid": {"centre", "semi_axes"},
    "box": {"centre", "half_edges"},
}
TURNS = {2: "angle", 3: "quaternion"}


def load_obstacles(path: str | os.PathLike[str]) -> ObstacleSet:
    """Read the obstacles in a file, and the margin to keep from them.

    The file is YAML, in the coordinates and units of the policy that is to avoid them::

        margin: 2.0
        obstacles:
          - {shape: sphere, centre: [-20, 25], radius: 5}
          - {shape: ellipsoid, centre: [-30, 0], semi_axes: [6, 3], angle: 0.5}     # rad
          - {shape: box, centre: [1, 2, 3], half_edges: [1, 1, 2], quaternion: [0, 0, 0, 1]}

    ``angle`` (2-D) and ``quaternion`` (3-D, x y z w) turn the body and may be left out, as
    may the margin, 0.

    Raises
    ------
    ParameterError
        If the file is missing, is no YAML, or a key is missing, unknown or has a bad value.
    """
    path = Path(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(f"no obstacles at {path}", got=error.strerror) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"the obstacles in {path} are not YAML", got=error) from error
    if not isinstance(values, Mapping) or not set(values) <= {"margin", "obstacles"}:
        got = sorted(map(str, values)) if isinstance(values, Mapping) else type(values).__name__
        raise ParameterError(
            f"{path} describes no obstacles", got=got, expected="the keys obstacles and margin"
        )
    rows = values.get("obstacles")
    if not (isinstance(rows, list) and rows):
        raise ParameterError(f"{path} has no obstacles", got=rows, expected="a list of at least 1")
    try:
        margin = float(values.get("margin", 0.0))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"the margin in {path} is no number", got=values["margin"]) from error
    bodies = [_obstacle(f"obstacle {i + 1} in {path}", row) for i, row in enumerate(rows)]
    return ObstacleSet(bodies, margin)


def _obstacle(where: str, row: Any) -> Obstacle:
    shape = row.get("shape") if isinstance(row, Mapping) else row
    if shape not in KEYS:
        raise ParameterError(
            f"{where} has no known shape", got=shape, expected=", ".join(sorted(KEYS))
        )
    centre = _numbers(where, row, "centre")
    turn = TURNS.get(len(centre), "angle")
    missing, unknown = KEYS[shape] - set(row), set(row) - KEYS[shape] - {"shape", turn}
    if missing or unknown:
        raise ParameterError(
            f"the keys of {where} do not fit a {shape}",
            got=", ".join(sorted(map(str, row))),
            expected=f"shape, {', '.join(sorted(KEYS[shape]))}, and {turn} if it is turned",
        )
    if shape == "sphere":
        size = np.repeat(_numbers(where, row, "radius"), len(centre))
        return Obstacle("ellipsoid", centre, size)
    key = "half_edges" if shape == "box" else "semi_axes"
    rotation = np.empty((0, 0))
    if turn in row:
        rotation = _rotation(where, _numbers(where, row, turn))
    return Obstacle(shape, centre, _numbers(where, row, key), rotation)


def _rotation(where: str, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation matrix of an angle [1] in rad or of a quaternion [4]."""
    if turn.shape == (1,):
        cosine, sine = float(np.cos(turn[0])), float(np.sin(turn[0]))
        return np.array([[cosine, -sine], [sine, cosine]])
    from scipy.spatial.transform import Rotation

    if turn.shape != (4,) or not np.isfinite(turn).all() or np.linalg.norm(turn) < 1e-6:
        raise ParameterError(
            f"the rotation of {where} is none",
            got=turn.tolist(),
            expected="an angle in rad (2-D) or a quaternion x y z w (3-D)",
        )
    return np.asarray(Rotation.from_quat(turn).as_matrix())


def _numbers(where: str, row: Mapping[str, Any], key: str) -> NDArray[np.float64]:
    try:
        return np.atleast_1d(np.array(row.get(key), dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"{key} of {where} is not numeric", got=row.get(key), expected="numbers"
        ) from error
