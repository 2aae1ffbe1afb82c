"""Open bags: whole ones, and what is left of those whose recorder, copy or metadata failed."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from ....errors import DemonstrationError, MissingExtraError
from .mcap_recovery import is_truncated, recover

METADATA = "metadata.yaml"
LARGEST_METADATA = 8 * 2**20
"""Bytes."""
BAG_SUFFIXES = (".mcap.zstd", ".db3.zstd", ".mcap", ".db3", ".bag")
UNPACKED = 20
"""A compressed file may unpack to this many times its size, or to `SMALL`."""
SMALL = 256 * 2**20

_EXPECTED = "a folder with metadata.yaml, or a whole .mcap, .db3 or .bag file"


def is_bag(path: Path) -> bool:
    """Return whether a folder is a rosbag2 bag: by its metadata, or files numbered after it."""
    return (path / METADATA).is_file() or len(split_files(path)) > 1


def split_files(folder: Path) -> list[Path]:
    """Return the files ``folder_0.mcap``, ``folder_1.mcap``, ... of a bag that was split."""
    name = re.escape(folder.name)
    ends = "|".join(re.escape(suffix) for suffix in BAG_SUFFIXES)
    found = []
    for file in folder.iterdir() if folder.is_dir() else ():
        match = re.fullmatch(rf"{name}_(\d{{1,9}})(?:{ends})", file.name)
        if match and file.is_file():
            found.append((int(match[1]), file))
    return [file for _, file in sorted(found)]


@contextmanager
def open_bag(path: Path) -> Iterator[tuple[Any, list[str]]]:
    """Open a bag's folder or a bare file; yield its reader, and remarks on what was mended.

    A folder whose metadata can't be used is read from its files in the order of their numbers.
    Whatever is wrong with the bytes is one `DemonstrationError`.

    Raises
    ------
    DemonstrationError
        If the bag is damaged beyond reading.
    MissingExtraError
        If the package rosbags is not installed.
    """
    try:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        raise MissingExtraError("rosbags", "rosbag") from error
    # Bags of Humble and older hold no definitions in .db3 files: theirs are taken.
    types = get_typestore(Stores.ROS2_HUMBLE)
    try:
        with ExitStack() as stack:
            reader, remarks = None, []
            if path.is_dir() and _has_plain_metadata(path):
                try:
                    reader = stack.enter_context(AnyReader([path], default_typestore=types))
                # Whatever the package says of it, the files may be whole.
                except Exception as error:
                    remarks.append(f"{path}: {METADATA} can't be used ({_short(error)})")
            if reader is None:
                files = _data_files(path) if path.is_dir() else [path]
                if not files:
                    raise DemonstrationError(
                        f"{path} can't be read as a rosbag2 bag",
                        got="; ".join(remarks) or "no files of messages",
                        expected=_EXPECTED,
                    )
                room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                whole = [_whole(file, room, remarks) for file in files]
                reader = stack.enter_context(AnyReader(whole, default_typestore=types))
            yield reader, remarks
    except (DemonstrationError, MissingExtraError):
        raise
    # A damaged bag makes the package raise a dozen unrelated types.
    except Exception as error:
        raise DemonstrationError(
            f"{path} can't be read as a rosbag2 bag", got=_short(error), expected=_EXPECTED
        ) from error


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _has_plain_metadata(path: Path) -> bool:
    """Return whether a bag's metadata can be handed on: neither huge nor growing by aliases."""
    file = path / METADATA
    if not file.is_file() or file.stat().st_size > LARGEST_METADATA:
        return False
    try:
        with file.open(encoding="utf-8") as text:
            return not any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text))
    except (yaml.YAMLError, UnicodeError, ValueError, RecursionError):
        return False


def _data_files(folder: Path) -> list[Path]:
    """Return the files of messages in a bag's folder, by their numbers."""
    files = [f for f in folder.iterdir() if f.name.endswith(BAG_SUFFIXES) and f.is_file()]
    numbers = {f: int((re.findall(r"_(\d{1,9})\.", f.name) or [0])[-1]) for f in files}
    return sorted(files, key=lambda f: (numbers[f], f.name))


def _whole(file: Path, room: Path, remarks: list[str]) -> Path:
    """Return a file that can be read: unpacked, without what its recorder did not finish."""
    if file.name.endswith(".zstd"):
        unpacked = room / file.name.removesuffix(".zstd")
        limit = max(UNPACKED * file.stat().st_size, SMALL)
        with _zstd_open(file) as packed, unpacked.open("wb") as plain:
            while block := packed.read(2**20):
                limit -= len(block)
                if limit < 0:
                    raise ValueError(f"{file.name} unpacks to more than {UNPACKED} times its size")
                plain.write(block)
        file = unpacked
    if file.suffix == ".mcap" and is_truncated(file):
        mended = room / f"mended_{file.name}"
        count = recover(file, mended)
        remarks.append(
            f"{file.name} ends in the middle, as if its recorder was killed: read up to the "
            f"break, {count} messages"
        )
        return mended
    return file


def _zstd_open(file: Path) -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd  # brought by rosbags
    return zstd.open(file, "rb")
