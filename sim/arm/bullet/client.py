"""The one door to PyBullet: imported late, connected quietly, never shared."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elcd_policy.errors import MissingExtraError, ParameterError


def connect(gui: bool = False) -> Any:
    """A new `BulletClient`, headless unless ``gui``.

    Raises
    ------
    MissingExtraError
        If PyBullet is not installed.
    ParameterError
        If there is no display for a window.
    """
    if gui and sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        # Bullet would end the whole process here.
        raise ParameterError(
            "the simulator's window can't be opened",
            got="no DISPLAY",
            expected="an X display",
            advice="run without gui, or from a desktop session",
        )
    with _quiet():
        try:
            import pybullet
            from pybullet_utils.bullet_client import BulletClient
        except ImportError as error:
            raise MissingExtraError(
                "pybullet", "sim", "PyBullet has wheels for Python 3.10 and 3.11 only"
            ) from error
    with contextlib.nullcontext() if gui else _quiet():
        client = BulletClient(connection_mode=pybullet.GUI if gui else pybullet.DIRECT)
    if gui:
        client.configureDebugVisualizer(pybullet.COV_ENABLE_GUI, 0)
        # Bullet's own view shows a few pixels of an arm.
        client.resetDebugVisualizerCamera(1.4, 60.0, -20.0, (0.3, 0.0, 0.35))
    return client


def find_urdf(urdf: str) -> Path:
    """The model's file: an absolute path, or one relative to pybullet_data.

    Raises
    ------
    ParameterError
        If the file does not exist.
    """
    import pybullet_data

    path = Path(pybullet_data.getDataPath()) / urdf  # an absolute urdf stays as it is
    if not path.is_file():
        raise ParameterError(
            "the robot's URDF does not exist",
            got=urdf,
            expected="a path relative to the robot's YAML file or to pybullet_data",
        )
    return path


def load_urdf(client: Any, urdf: str, visible: bool = True) -> int:
    """Load a fixed-base model, with the inertias its file states; returns the body's id.

    What can't be seen loads ten times as fast.

    Raises
    ------
    ParameterError
        If the file does not exist or is no URDF.
    """
    import pybullet

    path = find_urdf(urdf)
    flags = pybullet.URDF_USE_INERTIA_FROM_FILE
    if not visible:
        flags |= pybullet.URDF_IGNORE_VISUAL_SHAPES
    with _quiet():
        try:
            return int(client.loadURDF(str(path), useFixedBase=True, flags=flags))
        except pybullet.error as error:
            raise ParameterError("the robot's URDF can't be loaded", got=path) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
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
