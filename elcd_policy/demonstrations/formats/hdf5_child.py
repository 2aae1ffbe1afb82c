"""Read an HDF5 file in a process of its own: a damaged one can crash or stall the HDF5 library.

Run as a program with a path. Writes the file's tree as one line of JSON, reads the names of data
sets as another, and writes these data sets one after the other in the NPY format. Nothing that
lies in other files is read, and nothing that is said to be far larger than the file.
"""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np

DEEPEST, MOST, LARGEST = 6, 200_000, 64 * 2**20


def main() -> None:
    """Serve one request on stdin and stdout."""
    import h5py

    path = sys.argv[1]
    # No more than write: of a file, numpy would want the position, which pipes have not.
    pipe = SimpleNamespace(write=sys.stdout.buffer.write)
    with h5py.File(path, "r") as file:
        tree = describe(file)
        print(json.dumps(tree), flush=True)
        limit = max(10 * os.path.getsize(path), LARGEST)
        for name in json.loads(sys.stdin.readline()):
            data = file[name]
            limit -= int(np.prod(data.shape, dtype=object)) * max(data.dtype.itemsize, 1)
            if limit < 0:
                raise ValueError(f"'{name}' is said to be far larger than the file")
            values = data.asstr()[...] if data.dtype.kind == "O" else data[...]
            if values.dtype.kind == "O":
                values = np.array([str(value) for value in values.ravel()])
            np.lib.format.write_array(pipe, values, allow_pickle=False)
        sys.stdout.buffer.flush()


def describe(file: Any) -> dict[str, Any]:
    """Return the shapes of all data sets by name, and the attributes of the upper groups."""
    import h5py

    sets: dict[str, Any] = {}
    attributes: dict[str, dict[str, Any]] = {}
    waiting = [("", file, 0)]
    while waiting:
        name, group, depth = waiting.pop(0)
        if depth <= 2:
            attributes[name] = {
                key: as_plain(value) for key, value in group.attrs.items() if is_small(value)
            }
        for key in group:
            inner = f"{name}/{key}" if name else key
            if not isinstance(group.get(key, getlink=True), h5py.HardLink | h5py.SoftLink):
                raise ValueError(f"'{inner}' lies in another file")
            value = group.get(key)
            if isinstance(value, h5py.Group):
                if depth < DEEPEST:
                    waiting.append((inner, value, depth + 1))
            elif isinstance(value, h5py.Dataset):
                if value.external or value.is_virtual:
                    raise ValueError(f"'{inner}' lies in another file")
                sets[inner] = list(value.shape or ())
            if len(sets) + len(waiting) > MOST:
                raise ValueError(f"more than {MOST} data sets")
    return {"sets": sets, "attributes": attributes}


def is_small(value: Any) -> bool:
    """Return whether an attribute is a text or a number."""
    return isinstance(value, str | bytes) or np.ndim(value) == 0


def as_plain(value: Any) -> Any:
    """Return an attribute as JSON can hold it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.item() if isinstance(value, np.generic) else str(value)


if __name__ == "__main__":
    try:
        main()
    # Damaged files make h5py raise half a dozen unrelated types.
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
