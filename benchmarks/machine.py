"""On what a benchmark ran."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .store import Record


def machine() -> dict[str, Any]:
    """Return processor, number of cores and system, without names of host or user."""
    return {"cpu": _cpu(), "cores": os.cpu_count(), "system": platform.system()}


def machine_line(record: Record) -> str:
    """Return a record's machine and versions as a line of a page."""
    found = record["machine"]
    listed = ", ".join(f"{name} {value}" for name, value in record["versions"].items())
    if not found:
        return f"a machine that was not recorded; {listed}"
    return f"{found['cpu']}, {found['cores']} cores, {found['system']}; {listed}"


def machine_lines(records: Sequence[Record]) -> str:
    """Return a list with an item for each machine and choice of versions, in lines for a diff."""
    lines = sorted({machine_line(record) for record in records})
    items = [textwrap.fill(line, 98, subsequent_indent="  ") for line in lines]
    return "\n".join(f"- {item}" for item in items) or "- nothing measured yet"


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
