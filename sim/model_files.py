"""Folders of robots' models: URDF files, and the folders in which they are looked up."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from elcd_policy.errors import ParameterError


def data_folders() -> Iterator[Path]:
    """Yield the folders in which relative models are looked up, those that exist.

    They are pybullet_data, which its wheel brings to Pythons without PyBullet, too; the shared
    data of cmeel wheels such as example-robot-data; and ROS's share folders.
    """
    spec = find_spec("pybullet_data")
    folders = list(spec.submodule_search_locations or []) if spec else []
    folders.append(os.path.join(sysconfig.get_path("purelib"), "cmeel.prefix", "share"))
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    folders += [os.path.join(prefix, "share") for prefix in prefixes if prefix]
    yield from (folder for folder in map(Path, folders) if folder.is_dir())


def look_up(urdf: str) -> Path | None:
    """Return the file of a model, an absolute path or one in `data_folders`; else None."""
    for folder in (Path(), *data_folders()):
        path = folder / urdf
        if path.is_file() and (path.is_absolute() or folder != Path()):
            return path
    return None


def find_urdf(urdf: str) -> Path:
    """Return the file of a model: an absolute path, or one relative to a folder of models.

    Raises
    ------
    ParameterError
        If the file does not exist.
    """
    path = look_up(urdf)
    if path is None:
        folders = ", ".join(map(str, data_folders())) or "any folder of models"
        advice = ""
        if not Path(urdf).is_absolute():
            advice = f"PyBullet's models come to this Python with: {shlex.join(models_command())}"
        raise ParameterError(
            "the robot's URDF does not exist",
            got=urdf,
            expected=f"a path relative to the robot's YAML file or to {folders}",
            advice=advice,
        )
    return path


def models_command() -> list[str]:
    """Return the command that installs PyBullet's robot models, which its wheels for 3.11 hold.

    Its compiled modules are left aside by any other Python.
    """
    return [
        *(sys.executable, "-m", "pip", "install", "--no-deps", "--only-binary=:all:"),
        *("--implementation", "cp", "--python-version", "3.11"),
        *("--platform", "manylinux2014_x86_64", "--target", sysconfig.get_path("purelib")),
        "pybullet",
    ]


def main() -> int:
    """Install the models if no pybullet_data is there."""
    if find_spec("pybullet_data") is not None:
        return 0
    return subprocess.run([*models_command(), "--quiet"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
