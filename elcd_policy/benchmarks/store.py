"""Results as JSON lines: appended whole, read back up to the last whole line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import ParameterError


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
