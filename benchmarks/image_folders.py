"""The options of benchmarks that learn larger images: where those lie, if they are present."""

from __future__ import annotations

import argparse
from pathlib import Path

from .images import FOLDERS


def add_folders(parser: argparse.ArgumentParser) -> None:
    """Describe ``--mnist FOLDER`` and its like."""
    for name, folder in FOLDERS.items():
        parser.add_argument(f"--{name}", metavar="FOLDER", default=folder, help="(%(default)s)")


def folders_of(args: argparse.Namespace) -> dict[str, str]:
    """The folder of each, there or not."""
    return {name: getattr(args, name.replace("-", "_")) for name in FOLDERS}


def present(folders: dict[str, str]) -> list[str]:
    """The names of those that are there."""
    return [name for name, folder in folders.items() if Path(folder).is_dir()]
