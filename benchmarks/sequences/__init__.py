"""Sequence models beside each other: accuracy, robustness, curvature, speed, early recognition."""

from .page import render_page
from .run import PARTS, run_parts

__all__ = ["PARTS", "render_page", "run_parts"]
