"""On what a benchmark ran."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, number of cores and system, without names of host or user."""
    return {"cpu": _cpu(), "cores": os.cpu_count(), "system": platform.system()}


def versions(packages: tuple[str, ...] = ("elcd_policy", "torch", "numpy")) -> dict[str, str]:
    """Versions of Python and of ``packages``."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
