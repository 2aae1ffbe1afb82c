"""Results as JSON lines: appended whole, read back up to the last whole line."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from elcd_policy.errors import ParameterError

AnyRecord = TypeVar("AnyRecord", bound=Mapping[str, Any])


@contextmanager
def sole_writer(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold ``path`` against other runs until the block ends, or the process does.

    The lock is advisory and on the file itself: nothing is left beside it.

    Raises
    ------
    ParameterError
        If another run holds it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ParameterError(
                f"another run is writing to {path}",
                expected="one run at a time",
                advice="wait for it, or name another --output: "
                "render reads all files whose names begin alike",
            ) from error
        yield


def append_record(path: str | os.PathLike[str], record: dict[str, Any]) -> None:
    """Append one line, by one write; what an interrupted writer left of its last line goes.

    Raises
    ------
    ValueError
        If a number in the record is not finite, which JSON has no word for.
    """
    path = Path(path)
    line = json.dumps(record, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not (content := path.read_bytes()).endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)
    with path.open("ab", buffering=0) as file:
        file.write(line.encode())
        os.fsync(file.fileno())


def read_all(folder: str | os.PathLike[str], name: str) -> list[dict[str, Any]]:
    """The records of ``<name>*.jsonl`` in ``folder``, in the order of the files' names.

    Raises
    ------
    ParameterError
        As `read_records`.
    """
    files = sorted(Path(folder).glob(f"{name}*.jsonl"))
    return [record for file in files for record in read_records(file)]


def read_records(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The records in ``path``, in order; none if there is no such file.

    Raises
    ------
    ParameterError
        If a whole line is not a JSON object.
    """
    path = Path(path)
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise ParameterError(
                f"{path} does not hold results",
                got=f"{line[:40]!r} in line {number}",
                expected="a JSON object in each line",
                advice="name another file",
            )
        records.append(record)
    return records


def latest(records: Iterable[AnyRecord], key: Callable[[AnyRecord], Hashable]) -> list[AnyRecord]:
    """Of the records with one key the last: what was run again counts once."""
    return list({key(record): record for record in records}.values())
