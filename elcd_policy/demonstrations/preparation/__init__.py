"""From raw, hand-guided recordings to demonstrations that can be learned."""

from .findings import Findings, inspect
from .prepare import Moved, measure_moved, prepare
from .smoothing import smooth_motion

__all__ = ["Findings", "Moved", "inspect", "measure_moved", "prepare", "smooth_motion"]
