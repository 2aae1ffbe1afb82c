"""Demonstrations: one in-memory type, one reader per format."""

from .lasa import lasa_shapes, load_lasa
from .loading import load_demonstrations
from .saving import save_demonstrations
from .types import Demonstration, DemonstrationSet

__all__ = [
    "Demonstration",
    "DemonstrationSet",
    "lasa_shapes",
    "load_demonstrations",
    "load_lasa",
    "save_demonstrations",
]
