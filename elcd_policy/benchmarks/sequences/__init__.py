"""Sequence models beside each other: accuracy, robustness, curvature, speed, early recognition."""

from .page import render_page
from .run import FOLDERS, PARTS, run_parts

__all__ = ["FOLDERS", "PARTS", "render_page", "run_parts"]
