"""Raw demonstrations made ready for training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import DemonstrationSet
from .findings import moving_times, units_of_extent
from .smoothing import CUTOFF, smooth_motion

#: Hz, of the prepared samples.
RATE = 100.0


def prepare(demonstrations: DemonstrationSet, cutoff: float = CUTOFF) -> DemonstrationSet:
    """Smooth, trim the rests at both ends, and sample evenly at `RATE`, from time 0 on.

    Parameters
    ----------
    demonstrations : as they were recorded.
    cutoff : of the smoothing, in Hz; see `smooth_motion`.

    Raises
    ------
    ParameterError
        If the cutoff is not positive.
    """
    unit = units_of_extent(demonstrations)
    ready = []
    for demonstration in demonstrations:
        motion = smooth_motion(demonstration.time, demonstration.position / unit, cutoff)
        begin, end = moving_times(demonstration.time, motion)
        steps = max(round((end - begin) * RATE), 4)
        time = np.linspace(begin, end, steps + 1)
        ready.append(replace(demonstration, time=time - begin, position=motion(time) * unit))
    prepared = replace(demonstrations, demonstrations=ready)
    # Smoothing moves the final orientations, and with them their mean.
    return prepared if prepared.orientation is None else prepared.about(None)
