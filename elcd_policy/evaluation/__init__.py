"""How well a motion was learned, in the demonstrations' own units."""

from .distances import (
    chamfer_dtwd,
    distance_to_path,
    dtw_distance,
    frechet_distance,
    rmse_time_aligned,
)
from .scores import Scores, evaluate

__all__ = [
    "Scores",
    "chamfer_dtwd",
    "distance_to_path",
    "dtw_distance",
    "evaluate",
    "frechet_distance",
    "rmse_time_aligned",
]
