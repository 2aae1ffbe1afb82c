"""Demonstrations: one in-memory type, one reader per format."""

from .formats.lasa import lasa_shapes, load_lasa
from .loading import load_demonstrations
from .types import Demonstration, DemonstrationSet
from .writing import save_demonstrations

__all__ = [
    "Demonstration",
    "DemonstrationSet",
    "lasa_shapes",
    "load_demonstrations",
    "load_lasa",
    "save_demonstrations",
]
