"""Baselines: other ways to reproduce a demonstrated motion, to compare a contracting field with.

Each is a `Motion`, made of the same demonstrations.
"""

from .cloning import CloningMotion
from .primitive import PrimitiveMotion
from .replay import ReplayMotion

__all__ = ["CloningMotion", "PrimitiveMotion", "ReplayMotion"]
