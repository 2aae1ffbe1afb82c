"""Files that hold a network and no policy: the modules that describe and certify them."""

from __future__ import annotations

import os
from types import ModuleType

from ..formats.archive import tag_of
from ..perception import detector_file
from ..sequence import skill_file
from . import detectors, skills


def find_describer(path: str | os.PathLike[str]) -> ModuleType | None:
    """Return a module with ``info`` and ``certify`` for this file; None if it may be a policy."""
    return {skill_file.KIND: skills, detector_file.KIND: detectors}.get(tag_of(path) or "")
