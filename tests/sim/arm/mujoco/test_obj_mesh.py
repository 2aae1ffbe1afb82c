"""All objects of an OBJ file are read, with their colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from elcd_policy.errors import ParameterError
from elcd_policy_sim.arm.mujoco.obj_mesh import read_obj

SQUARES = """mtllib squares.mtl
o first
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0.1 0.1
vt 0.9 0.9
vn 0 0 1
usemtl dark
f 1/1/1 2/1/1 3/1/1 4/1/1
o second
v 0 0 2
v 1 0 2
v 1 1 2
usemtl light
f -3/2/-1 -2/2/-1 -1/2/-1
"""


def test_each_material_is_a_part_in_the_colour_of_its_texture(tmp_path: Path) -> None:
    (tmp_path / "squares.obj").write_text(SQUARES, encoding="utf-8")
    materials = "newmtl dark\nmap_Kd both.png\nnewmtl light\nmap_Kd both.png\n"
    (tmp_path / "squares.mtl").write_text(materials, encoding="utf-8")
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[:5] = (255, 0, 51)  # the upper half, where texture coordinates are large
    Image.fromarray(pixels).save(tmp_path / "both.png")
    dark, light = read_obj(tmp_path / "squares.obj")
    assert dark.colour == (0.0, 0.0, 0.0)
    assert light.colour == pytest.approx((1.0, 0.0, 0.2))
    assert dark.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert dark.vertices.shape == (4, 3)
    assert light.vertices[:, 2].tolist() == [2.0, 2.0, 2.0]
    assert light.triangles.tolist() == [[0, 1, 2]]
    assert light.normals.tolist() == [[0.0, 0.0, 1.0]]


def test_bare_faces_are_read_and_damaged_files_refused(tmp_path: Path) -> None:
    path = tmp_path / "mesh.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", encoding="utf-8")
    (part,) = read_obj(path)
    assert part.triangles.tolist() == [[0, 1, 2]]
    assert part.normals.size == 0
    for text in ("v 0 0 0\n", "v 0 0 0\nf 1 2 3\n", "v 0 0 zero\nf 1 1 1\n"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ParameterError, match="a mesh can't be read"):
            read_obj(path)
