"""Evaluation of a learned motion, in the demonstrations' own units."""

from .distances import (
    chamfer_dtwd,
    distance_to_path,
    dtw_distance,
    frechet_distance,
    rmse_time_aligned,
)
from .excursion import Excursions, measure_excursions, starts_around
from .fit_verdict import FitVerdict, fit_fault, judge
from .scores import Scores, as_learned, evaluate

__all__ = [
    "Excursions",
    "FitVerdict",
    "Scores",
    "as_learned",
    "chamfer_dtwd",
    "distance_to_path",
    "dtw_distance",
    "evaluate",
    "fit_fault",
    "frechet_distance",
    "judge",
    "measure_excursions",
    "rmse_time_aligned",
    "starts_around",
]
