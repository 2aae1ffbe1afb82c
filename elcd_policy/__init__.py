"""Learn contracting vector fields from demonstrations, prove them, serve them to a robot.

Notation, once for the whole package: ``x`` [N, d] are positions in the demonstrations' own
units, ``x*`` the goal, ``y`` positions of unit scale around the goal, ``z = phi(y)`` latent
points, ``e = z - z*``; ``c`` is a contraction rate, T the demonstrated duration.

Every name below is imported when it is first touched: ``import elcd_policy`` costs nothing, and
torch is loaded by who needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import compression, perception, sequence
    from .avoiding import avoid
    from .certificate import Certificate, certify
    from .compression.compressed_policy import compress_policy as compress
    from .demonstrations import load_demonstrations
    from .evaluation import evaluate
    from .formats import LoadedPolicy, load
    from .obstacles import load_obstacles
    from .policy import MotionPolicy
    from .robot.placement import Placement
    from .saving import save
    from .training import TrainingSettings, fit

__version__ = "0.1.0"

_ROOMS = ("compression", "perception", "sequence")
#: Where each name of the door lives: module, or module and the name it has there.
_HOMES = {
    "Certificate": ("certificate",),
    "LoadedPolicy": ("formats",),
    "MotionPolicy": ("policy",),
    "Placement": ("robot.placement",),
    "TrainingSettings": ("training",),
    "avoid": ("avoiding",),
    "certify": ("certificate",),
    "compress": ("compression.compressed_policy", "compress_policy"),
    "evaluate": ("evaluation",),
    "export_policy": ("deprecated",),
    "fit": ("training",),
    "load": ("formats",),
    "load_demonstrations": ("demonstrations",),
    "load_obstacles": ("obstacles",),
    "load_policy": ("deprecated",),
    "save": ("saving",),
}

__all__ = [
    "Certificate",
    "LoadedPolicy",
    "MotionPolicy",
    "Placement",
    "TrainingSettings",
    "avoid",
    "certify",
    "compress",
    "compression",
    "evaluate",
    "fit",
    "load",
    "load_demonstrations",
    "load_obstacles",
    "perception",
    "save",
    "sequence",
]


def __getattr__(name: str) -> Any:
    """Import a name of the door when it is first touched (PEP 562)."""
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, *other_name = _HOMES[name]
    value = getattr(importlib.import_module(f".{module}", __name__), *(other_name or [name]))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List what the door offers beside the modules that are loaded."""
    return sorted({*globals(), *__all__})
