"""Whether a window can be opened here."""

from __future__ import annotations

import os
import sys

from elcd_policy.errors import ParameterError


def has_display() -> bool:
    """Return true if windows can be opened; only Linux is asked."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY"))


def check_display() -> None:
    """Check that a window can be opened.

    Raises
    ------
    ParameterError
        If there is no display.
    """
    if not has_display():
        raise ParameterError(
            "the simulator's window can't be opened",
            got="no DISPLAY",
            expected="an X display",
            advice="run without gui, or from a desktop session",
        )
