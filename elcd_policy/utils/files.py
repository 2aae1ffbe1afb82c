"""Files that appear whole or not at all."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file that takes the place of ``path`` once the block has ended well.

    The folder is made if need be. If the block raises, an older file at ``path`` stays as it
    was and nothing is left beside it. A link is followed, a replaced file's mode kept; a device
    or a pipe is written into, as nothing can take its place.

    Raises
    ------
    OSError
        If it can't be written there; ``filename`` is the path that was asked for.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = _mode_of(target)
        if mode is not None and not stat.S_ISREG(mode):
            content = io.BytesIO()
            yield content
            with target.open("wb") as device:
                device.write(content.getvalue())
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                if mode is not None:
                    os.fchmod(file.fileno(), stat.S_IMODE(mode))
                yield file
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        if error.filename in (None, str(target), str(target.parent)) or _is_partial(error, target):
            error.filename = os.fspath(path)
        raise


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _is_partial(error: OSError, target: Path) -> bool:
    return str(error.filename).startswith(str(target.with_name(f".{target.name}.")))
