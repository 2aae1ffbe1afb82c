"""From raw, hand-guided recordings to demonstrations that can be learned."""

from .findings import Findings, inspect
from .prepare import prepare
from .smoothing import smooth_motion

__all__ = ["Findings", "inspect", "prepare", "smooth_motion"]
