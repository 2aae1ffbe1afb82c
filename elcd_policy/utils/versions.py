"""Versions of Python and of installed packages."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


def versions(packages: tuple[str, ...] = ("elcd_policy", "torch", "numpy")) -> dict[str, str]:
    """Look up the versions of Python and of ``packages``."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
