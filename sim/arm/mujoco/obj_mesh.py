"""Wavefront OBJ meshes, all objects with their colours: MuJoCo reads the first one only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from elcd_policy.errors import ParameterError

Vector = NDArray[np.float64]
Indices = NDArray[np.int64]
Colour = tuple[float, float, float]

WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class MeshPart:
    """The triangles of one material.

    Parameters
    ----------
    vertices : [V, 3].
    triangles : [F, 3] of vertices.
    normals : [M, 3]; empty if the file has none.
    triangle_normals : [F, 3] of normals; empty if the file has none.
    colour : of the material's texture where the mesh uses it; white without.
    """

    vertices: Vector
    triangles: Indices
    normals: Vector
    triangle_normals: Indices
    colour: Colour


def read_obj(path: Path) -> list[MeshPart]:
    """Read a mesh, one part for each material.

    Raises
    ------
    ParameterError
        If the file can't be read, or has no faces.
    """
    rows: dict[str, list[str]] = {"v": [], "vn": [], "vt": []}
    faces: dict[str, dict[int, list[str]]] = {"": {}}
    textures: dict[str, Path] = {}
    polygons = faces[""]
    try:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            word, _, rest = line.partition(" ")
            if word in rows:
                rows[word].append(rest)
            elif word == "f":
                polygons.setdefault(len(rest.split()), []).append(rest)
            elif word == "usemtl":
                polygons = faces.setdefault(rest.strip(), {})
            elif word == "mtllib":
                textures.update(_read_textures(path.parent / rest.strip()))
        points = {word: _read_rows(lines) for word, lines in rows.items()}
        counts = [len(points[word]) for word in ("v", "vt", "vn")]
        parts = [
            _make_part(points, _read_triangles(sizes, counts), textures.get(name))
            for name, sizes in faces.items()
            if sizes
        ]
    except (OSError, ValueError, IndexError) as error:
        raise ParameterError("a mesh can't be read", got=f"{path}: {error}") from error
    if not parts:
        raise ParameterError("a mesh can't be read", got=path, expected="faces")
    return parts


def _read_rows(lines: list[str]) -> Vector:
    """Return the first three numbers of each line, [N, 3]."""
    if not lines:
        return np.empty((0, 3))
    return np.array(" ".join(lines).split(), dtype=np.float64).reshape(len(lines), -1)[:, :3]


def _read_triangles(polygons: dict[int, list[str]], counts: list[int]) -> Indices:
    """Return the corners [F, 3, 3] of triangles, fans of the polygons.

    The last axis is vertex, texture and normal, -1 for none.

    Parameters
    ----------
    polygons : lines of faces, by their number of corners.
    counts : of vertices, texture coordinates and normals, from whose end negative numbers count.
    """
    triangles = []
    for size, lines in polygons.items():
        slashes = lines[0].split()[0].count("/")
        text = " ".join(lines).replace("//", "/0/").replace("/", " ")
        corners = np.array(text.split(), dtype=np.int64).reshape(len(lines), size, slashes + 1)
        corners = np.pad(corners, ((0, 0), (0, 0), (0, 2 - slashes)))
        corners = np.where(corners < 0, corners + counts, corners - 1)
        for second in range(1, size - 1):
            triangles.append(corners[:, [0, second, second + 1]])
    return np.concatenate(triangles)


def _make_part(points: dict[str, Vector], corners: Indices, texture: Path | None) -> MeshPart:
    used, triangles = np.unique(corners[..., 0], return_inverse=True)
    normals, triangle_normals = np.empty((0, 3)), np.empty(0, dtype=np.int64)
    if (corners[..., 2] >= 0).all():
        kept, triangle_normals = np.unique(corners[..., 2], return_inverse=True)
        normals = points["vn"][kept]
    colour = WHITE
    if texture is not None and (corners[..., 1] >= 0).all():
        colour = _sample(texture, points["vt"][corners[..., 1]][..., :2].reshape(-1, 2))
    return MeshPart(
        points["v"][used],
        triangles.reshape(-1, 3),
        normals,
        triangle_normals.reshape(-1, 3),
        colour,
    )


def _read_textures(path: Path) -> dict[str, Path]:
    """Return the image of each material that has one."""
    textures, material = {}, ""
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            word, _, rest = line.strip().partition(" ")
            if word == "newmtl":
                material = rest.strip()
            elif word == "map_Kd":
                textures[material] = path.parent / rest.strip()
    return textures


def _sample(texture: Path, coordinates: Vector) -> Colour:
    """Return an image's median colour at texture coordinates [K, 2], up from the lower left."""
    if not texture.is_file():
        return WHITE
    pixels = _read_pixels(texture)
    height, width = pixels.shape[:2]
    u, v = (coordinates % 1.0).T
    columns = np.minimum((u * width).astype(int), width - 1)
    rows = np.minimum(((1 - v) * height).astype(int), height - 1)
    red, green, blue = np.median(pixels[rows, columns], axis=0)
    return float(red) / 255, float(green) / 255, float(blue) / 255


@cache
def _read_pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))
