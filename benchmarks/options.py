"""Options that several subjects have."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from elcd_policy.errors import ParameterError

from .images import FOLDERS


def words(text: str) -> list[str]:
    """Return the words of "A,B"; none for "none"."""
    return [word.strip() for word in text.split(",") if word.strip() not in ("", "none")]


def numbers(text: str) -> list[int]:
    """Return the numbers of "0,1,2".

    Raises
    ------
    ParameterError
        If they are none.
    """
    found = words(text)
    if not found or not all(word.isdecimal() for word in found):
        raise ParameterError("not a list of numbers", got=repr(text), expected="such as 0,1,2")
    return [int(word) for word in found]


def add_parts(
    parser: argparse.ArgumentParser, parts: Iterable[str], default: Iterable[str] | None = None
) -> None:
    """Describe ``--parts A,B``."""
    known = list(parts)
    usual = known if default is None else list(default)
    parser.add_argument(
        "--parts", type=words, default=usual, help=f"of {','.join(known)} ({','.join(usual)})"
    )


def check_names(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a name that is not known.

    Raises
    ------
    ParameterError
        With the known ones.
    """
    known = list(known)
    for name in names:
        if name not in known:
            raise ParameterError(f"unknown {what}", got=repr(name), expected=", ".join(known))


def add_folders(parser: argparse.ArgumentParser) -> None:
    """Describe ``--mnist FOLDER`` and its like."""
    for name, folder in FOLDERS.items():
        parser.add_argument(f"--{name}", metavar="FOLDER", default=folder, help="(%(default)s)")


def present(folders: dict[str, str]) -> list[str]:
    """Return the names of those folders that are there."""
    return [name for name, folder in folders.items() if Path(folder).is_dir()]
