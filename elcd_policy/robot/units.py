"""Units of length and of angle that demonstrations may be in."""

from __future__ import annotations

import math

METRES = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "in": 0.0254}
"""Length in m of each unit. Readers, scores, nodes and the simulator use this one table."""

RADIANS = {"rad": 1.0, "mrad": 0.001, "deg": math.pi / 180}
"""Angle in rad of each unit. Angles are rad once they are read."""
