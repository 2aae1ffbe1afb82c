"""Jobs of a fraction of a second, and stored results made up to known figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from elcd_policy import TrainingSettings
from elcd_policy_benchmarks.fingerprint import training_code
from elcd_policy_benchmarks.lasa.jobs import Job, jobs

#: Of every finished record.
MADE = {
    "versions": {"python": "3.11"},
    "machine": {"cpu": "a processor", "cores": 2, "system": "Linux"},
}


@pytest.fixture
def quick_jobs(quick: TrainingSettings) -> Callable[..., list[Job]]:
    """``quick_jobs(**jobs')``: of one shape, hardly trained."""

    def get(**named: Any) -> list[Job]:
        given = {"shapes": ["Line"], "parts": ["a"], "seeds": [0], "settings": quick}
        return jobs(**(given | named))

    return get


@pytest.fixture
def made() -> dict[str, Any]:
    """Machine and versions of a record."""
    return MADE


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """``record(method, shape, seed, dtw=..., rmse=..., **others)``: a finished LASA job."""
    return _record


def _record(
    method: str = "elcd",
    shape: str = "Line",
    seed: int = 0,
    *,
    part: str = "a",
    dtw: float = 1.0,
    rmse: float = 3.0,
    shown: int = 4,
    **others: Any,
) -> dict[str, Any]:
    score = {"dtw": dtw, "rmse": rmse, "frechet": 2.0, "end": 0.1, "end_2x": 0.0}
    rows = [{**score, "chamfer_dtwd": 0.9, "demonstration": number} for number in (4, 5, 6)]
    learned = {"converged": 1.0, "cpu_s": 10.0, "rate_times_duration": 1.0}
    usual = asdict(TrainingSettings())
    of_method = {
        "mean": {"settings": {}},
        "best": {"settings": {}},
        "eflow": {"settings": {"epochs": 400}, "checkout": "abc", **learned},
    }
    ours = {"settings": usual, "code": training_code(), **learned}
    return {
        "part": part,
        "shape": shape,
        "method": method,
        "seed": seed,
        "shown": shown,
        "scores": rows,
        **of_method.get(method, ours),
        **MADE,
        **others,
    }
