"""JSON from files of unknown origin: bounded in size, refused rather than too deep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LARGEST = 16 * 2**20
"""Bytes; what describes data is far smaller."""


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    OSError
        If it can't be read.
    ValueError
        If it is no JSON in UTF-8, larger than ``largest`` bytes, or nested too deeply.
    """
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise ValueError(f"more than {largest} bytes")
    return parse_json(data.decode("utf-8"))


def parse_json(text: str) -> Any:
    """Return what JSON says.

    Raises
    ------
    ValueError
        If it is none, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
