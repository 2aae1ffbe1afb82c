"""Vision: a table with a box to find, a camera over it, and the detector trained on its images."""

from .detector_training import CONFIDENT, DETECTOR, measure_errors, train_detector
from .table_camera import CAMERA, TableCamera
from .table_scene import (
    Move,
    TableScene,
    Thing,
    parse_moves,
    red_box,
    sample_place,
    sample_scene,
    validate_place,
)
from .training_images import render_training_images

__all__ = [
    "CAMERA",
    "CONFIDENT",
    "DETECTOR",
    "Move",
    "TableCamera",
    "TableScene",
    "Thing",
    "measure_errors",
    "parse_moves",
    "red_box",
    "render_training_images",
    "sample_place",
    "sample_scene",
    "train_detector",
    "validate_place",
]
