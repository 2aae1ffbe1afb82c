"""Policy files to certify: sound ones, and what they become when they are tampered with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from elcd_policy import LoadedPolicy, MotionPolicy, TrainingSettings, fit, load

Saved = Callable[..., Path]


@pytest.fixture
def exported(
    fit_once: Callable[..., MotionPolicy], tmp_path: Path, saved: Saved
) -> Callable[..., LoadedPolicy]:
    """``exported(dimension, field)``: a quickly trained policy, from its file."""

    def get(dimension: int = 2, field: str = "elcd") -> LoadedPolicy:
        return load(saved(fit_once(dimension, field), tmp_path / f"{field}.pt"))

    return get


@pytest.fixture
def linear(arcs: Callable, tmp_path: Path, saved: Saved) -> Callable[[int], LoadedPolicy]:
    """``linear(dimension)``: an untrained policy. Its flow is the identity of unit scale, its
    field ``-(c + r) (x - x*)`` with r from 2.7 / T on the first axis to 6 / T on the last."""

    def get(dimension: int) -> LoadedPolicy:
        none = TrainingSettings(linear_steps=0, shooting_steps=0)
        policy = fit(arcs(dimension), settings=none, progress=False)
        return load(saved(policy, tmp_path / "linear.pt"))

    return get
