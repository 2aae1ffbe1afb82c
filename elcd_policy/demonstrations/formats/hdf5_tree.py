"""An HDF5 file's tree and data sets, read by `hdf5_child`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...errors import DemonstrationError, MissingExtraError

CHILD = Path(__file__).with_name("hdf5_child.py")
#: s, and bytes per s beyond it, after which a file is given up.
PATIENCE, PACE = 30.0, 10e6

Arrays = dict[str, Any]


class Tree:
    """The content of an HDF5 file: ``sets``, shapes by name, and ``attributes`` of its groups."""

    def __init__(self, values: Any) -> None:
        self.sets: dict[str, list[int]] = values["sets"]
        self.attributes: dict[str, dict[str, Any]] = values["attributes"]

    def children(self, group: str) -> list[str]:
        """Return the names of the groups and data sets in a group, without its own name."""
        start = f"{group}/" if group else ""
        names = [*self.sets, *filter(None, self.attributes)]
        inner = (name.removeprefix(start) for name in names if name.startswith(start))
        return list(dict.fromkeys(name.partition("/")[0] for name in inner if name))


def read_hdf5_tree(
    path: Path, choose: Callable[[Tree], Sequence[str]], expected: str
) -> tuple[Tree, Arrays]:
    """Return a file's tree, and the arrays of the data sets that ``choose`` names.

    Raises
    ------
    DemonstrationError
        If the file is damaged, too large for its size, or has parts in other files; or what
        ``choose`` raises.
    MissingExtraError
        If h5py is not installed.
    """
    import_h5py()
    if not path.is_file():
        raise DemonstrationError(f"{path} can't be read", got="no file")
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(path.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    watch = threading.Timer(PATIENCE + path.stat().st_size / PACE, child.kill)
    watch.start()
    try:
        tree = Tree(json.loads(child.stdout.readline()))
        names = list(dict.fromkeys(choose(tree)))
        child.stdin.write(json.dumps(names).encode() + b"\n")
        child.stdin.flush()
        pipe, read = SimpleNamespace(read=child.stdout.read), np.lib.format.read_array
        return tree, {name: read(pipe, allow_pickle=False) for name in names}
    except (ValueError, OSError, EOFError) as error:
        child.kill()
        words = child.stderr.read(2000).decode("utf-8", "replace").strip()
        raise DemonstrationError(
            f"{path} can't be read as HDF5",
            got=words.splitlines()[-1] if words else "a damaged file",
            expected=expected,
        ) from error
    finally:
        watch.cancel()
        child.kill()
        child.wait()
        for end in (child.stdin, child.stdout, child.stderr):
            end.close()


def import_h5py() -> Any:
    """Return the module h5py.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "robomimic") from error
    return h5py
