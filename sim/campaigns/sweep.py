"""At which control rates and latencies a disturbed motion still comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from elcd_policy.utils.versions import versions

from ..arm.engines import choose_engine
from ..episodes.policy_motion import PolicyMotion
from ..episodes.scene import EpisodeSettings
from .campaign import PACKAGES, describe_settings
from .runner import Runner, run_jobs

RATES = (10.0, 30.0, 100.0, 300.0, 1000.0)  # Hz
#: s; beyond what networks do, up to where the motion breaks.
LATENCIES = (0.0, 0.02, 0.1, 0.2, 0.4, 0.8)


def run_sweep(
    runner: Runner,
    settings: EpisodeSettings,
    count: int,
    workers: int = 1,
    progress: bool = True,
    rates: tuple[float, ...] = RATES,
    latencies: tuple[float, ...] = LATENCIES,
) -> dict[str, Any]:
    """Run the same ``count`` episodes at each control rate and latency.

    Parameters
    ----------
    runner : with scene, motion and seed.
    settings : of each episode; rate and latency are replaced.
    workers : processes.
    progress : show a bar on stderr.
    rates : Hz.
    latencies : s.

    Raises
    ------
    ParameterError
        If a rate is beyond that of the physics.
    """
    grid = [(rate, latency) for rate in rates for latency in latencies]
    jobs = [
        (replace(settings, rate=rate, latency=latency), index)
        for rate, latency in grid
        for index in range(count)
    ]
    results = [episode.result for episode in run_jobs(runner, jobs, workers, progress)]
    cells = []
    for number, (rate, latency) in enumerate(grid):
        part = results[number * count : (number + 1) * count]
        cells.append(
            {
                "rate_hz": rate,
                "latency_ms": 1e3 * latency,
                "recovered_share": float(np.mean([result.recovered for result in part])),
                "peak_deviation_mm": float(np.median([r.peak_deviation_mm for r in part])),
                "end_error_mm": float(np.median([result.end_error_mm for result in part])),
                "tracking_error_mm_s": float(np.median([r.tracking_error_mm_s for r in part])),
            }
        )
    motion = runner.motion
    return {
        "method": motion.method if isinstance(motion, PolicyMotion) else type(motion).__name__,
        "robot": runner.scene.robot.name,
        "seed": runner.seed,
        "episodes": count,
        "rates_hz": list(rates),
        "latencies_ms": [1e3 * latency for latency in latencies],
        "settings": describe_settings(settings),
        "cells": cells,
        "versions": versions((*PACKAGES, choose_engine(settings.engine))),
    }
