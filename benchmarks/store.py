"""Results as JSON lines, one format for all subjects: appended whole, read up to the last line.

A line holds ``job`` (what tells it apart), ``result`` or ``error``, ``code`` (see `fingerprint`;
only of what this project's training made), ``machine`` and ``versions``.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from elcd_policy.errors import ParameterError

#: A stored line, or the same flattened by `load_records`.
Record = Mapping[str, Any]


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
                "pages are made from all files whose names begin alike",
            ) from error
        yield


def append_record(path: str | os.PathLike[str], record: Record) -> None:
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


def read_records(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the lines of ``path``, in order; none if there is no such file.

    Raises
    ------
    ParameterError
        If a whole line is not a record.
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
        if not (isinstance(record, dict) and isinstance(record.get("job"), dict)):
            raise ParameterError(
                f"{path} does not hold results",
                got=f"{line[:40]!r} in line {number}",
                expected="a JSON object with a job in each line",
                advice="name another file",
            )
        records.append(record)
    return records


def load_records(folder: str | os.PathLike[str], subject: str) -> list[Record]:
    """Return the last record of each job in ``<subject>*.jsonl``, job and result in one mapping.

    Raises
    ------
    ParameterError
        As `read_records`.
    """
    files = sorted(Path(folder).glob(f"{subject}*.jsonl"))
    last: dict[str, Record] = {}
    for record in (each for file in files for each in read_records(file)):
        name = identity(record["job"])
        last.pop(name, None)  # what was run last comes last
        last[name] = record
    return [{**record, **record["job"], **record.get("result", {})} for record in last.values()]


def identity(facts: Record) -> str:
    """Return what tells a job apart, in any order of its facts."""
    return json.dumps(facts, sort_keys=True)


def of_part(records: Sequence[Record], part: str) -> list[Record]:
    """Return the finished records of one part of a subject."""
    return [record for record in records if record["part"] == part and "error" not in record]
