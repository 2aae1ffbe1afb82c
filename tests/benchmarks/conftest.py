"""Jobs of a fraction of a second, and stored results made up to known figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from elcd_policy import TrainingSettings
from elcd_policy_benchmarks.lasa import Job, plan


@pytest.fixture
def quick_jobs(quick: TrainingSettings) -> Callable[..., list[Job]]:
    """``quick_jobs(**plan's)``: of one shape, hardly trained."""

    def get(**named: Any) -> list[Job]:
        given = {"shapes": ["Line"], "protocols": ["a"], "seeds": [0], "settings": quick}
        return plan(**(given | named))

    return get


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """``record(method, shape, seed, dtw=..., rmse=..., **others)``: a finished job's line."""
    return _record


def _record(
    method: str = "elcd",
    shape: str = "Line",
    seed: int = 0,
    *,
    protocol: str = "a",
    dtw: float = 1.0,
    rmse: float = 3.0,
    shown: int = 4,
    **others: Any,
) -> dict[str, Any]:
    score = {"dtw": dtw, "rmse": rmse, "frechet": 2.0, "end": 0.1, "end_2x": 0.0}
    rows = [{**score, "chamfer_dtwd": 0.9, "demonstration": number} for number in (4, 5, 6)]
    learned = {"converged": 1.0, "cpu_s": 10.0, "rate_times_duration": 1.0}
    return {
        "protocol": protocol,
        "shape": shape,
        "method": method,
        "seed": seed,
        "shown": shown,
        "settings_hash": "one",
        "settings": {} if method in ("mean", "best") else {"width": 64},
        "scores": rows,
        **({} if method in ("mean", "best") else learned),
        "versions": {"python": "3.11"},
        "machine": {"cpu": "a processor", "cores": 2, "system": "Linux"},
        **({"checkout": "abc"} if method == "eflow" else {}),
        **others,
    }
