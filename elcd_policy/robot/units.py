"""Units of length that demonstrations may be in."""

from __future__ import annotations

METRES = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "in": 0.0254}
"""Length in m of each unit. Readers, scores, nodes and the simulator use this one table."""
