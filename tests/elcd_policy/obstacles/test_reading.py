"""Obstacles are read from YAML; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy.obstacles import Obstacle, load_obstacles

GOOD = """
margin: 2.5
obstacles:
  - {shape: sphere, centre: [-20, 25], radius: 5}
  - {shape: ellipsoid, centre: [-30, 0], semi_axes: [6, 3], angle: 1.5707963267948966}
  - {shape: box, centre: [1, 2, 3], half_edges: [1, 2, 3], quaternion: [0, 0, 1, 1]}
"""


def test_a_file_gives_obstacles_and_the_margin(tmp_path: Path) -> None:
    path = tmp_path / "obstacles.yaml"
    path.write_text(GOOD, encoding="utf-8")
    (sphere, ellipsoid, box), margin = load_obstacles(path)
    assert margin == 2.5
    assert (sphere.shape, sphere.size.tolist()) == ("ellipsoid", [5.0, 5.0])
    np.testing.assert_allclose(ellipsoid.rotation @ [6.0, 0.0], [0.0, 6.0], atol=1e-12)
    np.testing.assert_allclose(box.rotation @ [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], atol=1e-12)
    copy = Obstacle(**box.to_dict())
    assert copy.to_dict() == box.to_dict()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("obstacles: [", "not YAML"),
        ("- 1", "describes no obstacles: got list"),
        ("obstacle: []", r"describes no obstacles: got \['obstacle'\]"),
        ("margin: 1", "has no obstacles"),
        ("obstacles: []", "has no obstacles"),
        ("margin: wide\nobstacles: [{shape: sphere, centre: [0, 0], radius: 1}]", "no number"),
        ("obstacles: [{shape: cone}]", "obstacle 1 in .* has no known shape: got cone"),
        ("obstacles: [5]", "obstacle 1 in .* has no known shape: got 5"),
        ("obstacles: [{shape: sphere, centre: [0, 0]}]", "do not fit a sphere"),
        ("obstacles: [{shape: sphere, centre: [0, 0], radius: 1, r: 2}]", "do not fit a sphere"),
        ("obstacles: [{shape: sphere, centre: [0, x], radius: 1}]", "centre of .* not numeric"),
        ("obstacles: [{shape: sphere, centre: [0, 0], radius: -1}]", "size is out of range"),
        (
            "obstacles: [{shape: box, centre: [0, 0], half_edges: [1, 1], turn: 1}]",
            "expected shape, centre, half_edges, and angle",
        ),
        (
            "obstacles: [{shape: box, centre: [0, 0, 0], half_edges: [1, 1, 1], quaternion: [0]}]",
            "not a rotation matrix|rotation of .* is none",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "obstacles.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=message) as error:
        load_obstacles(path)
    assert len(str(error.value).splitlines()) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"no obstacles at .*nowhere\.yaml"):
        load_obstacles(tmp_path / "nowhere.yaml")
