"""The one door to MuJoCo: imported late, ready to render without a display."""

from __future__ import annotations

import os
import sys
from typing import Any

from elcd_policy.errors import MissingExtraError

from ..display import has_display


def load_mujoco() -> Any:
    """Return the module `mujoco`.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    if sys.platform.startswith("linux") and not has_display():
        os.environ.setdefault("MUJOCO_GL", "egl")  # read when it is imported
    try:
        import mujoco
    except ImportError as error:
        raise MissingExtraError("mujoco", "mujoco") from error
    return mujoco
