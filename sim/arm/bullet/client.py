"""The one door to PyBullet: imported late, connected quietly, never shared."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from typing import Any

from elcd_policy.errors import MissingExtraError

from ..display import check_display


def connect(gui: bool = False) -> Any:
    """Return a new `BulletClient`, headless unless ``gui``.

    Raises
    ------
    MissingExtraError
        If PyBullet is not installed.
    ParameterError
        If there is no display for a window.
    """
    if gui:
        check_display()  # Bullet would end the whole process here.
    with silence():
        try:
            import pybullet
            from pybullet_utils.bullet_client import BulletClient
        except ImportError as error:
            raise MissingExtraError(
                "pybullet",
                "sim",
                "wheels for Python 3.10 and 3.11 only; elsewhere use the engine mujoco",
            ) from error
    with contextlib.nullcontext() if gui else silence():
        client = BulletClient(connection_mode=pybullet.GUI if gui else pybullet.DIRECT)
    if gui:
        client.configureDebugVisualizer(pybullet.COV_ENABLE_GUI, 0)
        # Bullet's own view shows a few pixels of an arm.
        client.resetDebugVisualizerCamera(1.4, 60.0, -20.0, (0.3, 0.0, 0.35))
    return client


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Drop what C++ prints meanwhile: a build time, argv, remarks on massless links.

    Stdout must stay clean for ``--json``, and Python's redirection does not reach C's stdio.
    """
    flush = ctypes.CDLL(None).fflush if os.name == "posix" else lambda _: None
    flush(None)
    kept = [os.dup(1), os.dup(2)]
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        os.dup2(null, 2)
        yield
    finally:
        flush(None)
        for descriptor, original in zip(kept, (1, 2), strict=True):
            os.dup2(descriptor, original)
            os.close(descriptor)
        os.close(null)
