"""Files that appear whole or not at all."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import ParameterError


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


def check_output(path: str | os.PathLike[str], suffix: str | None = None) -> Path:
    """Return ``path`` if a file can be written there; to be asked before long work.

    Raises
    ------
    ParameterError
        If the name has another suffix, a folder has that name, or nothing may be written there.
    """
    path = Path(path)
    if suffix is not None and path.suffix != suffix:
        raise ParameterError(
            f"{path} can't be written", got=path.name, expected=f"a name ending in {suffix}"
        )
    target = Path(os.path.realpath(path))
    above = next(folder for folder in target.parents if folder.exists())
    if target.is_dir():
        fault = "a folder of that name"
    elif not above.is_dir():
        fault = f"the file {above} on the way"
    elif not os.access(target if target.exists() else above, os.W_OK):
        fault = f"no permission to write {'it' if target.exists() else f'in {above}'}"
    else:
        return path
    raise ParameterError(f"{path} can't be written", got=fault, expected="a file in a folder")


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _is_partial(error: OSError, target: Path) -> bool:
    return str(error.filename).startswith(str(target.with_name(f".{target.name}.")))
