"""The peer in a user's own checkout, whose path the variable EFLOW gives to these tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from elcd_policy import TrainingSettings
from elcd_policy.demonstrations import load_lasa
from elcd_policy.errors import ParameterError
from elcd_policy_benchmarks.lasa.eflow import EFlowSettings, checkout_hash, fit_eflow
from elcd_policy_benchmarks.lasa.jobs import jobs
from elcd_policy_benchmarks.tick_and_cost.cost import BESIDE, measure_cost

CHECKOUT = os.environ.get("EFLOW", "")


def test_another_folder_is_no_checkout(tmp_path: Path) -> None:
    for ask in (
        lambda: checkout_hash(tmp_path),
        lambda: fit_eflow(load_lasa("Line"), tmp_path, seed=0, settings=EFlowSettings()),
    ):
        with pytest.raises(ParameterError, match="expected a folder with euclideanizing_flows"):
            ask()


def test_a_missing_checkout_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="not a checkout of EFlow"):
        jobs(shapes=["Line"], parts=["a"], fields=[], seeds=[0], eflow=tmp_path)


@pytest.mark.peer
def test_it_learns_and_rolls_out_like_a_policy() -> None:
    line = load_lasa("Line")
    policy = fit_eflow(line[:2], CHECKOUT, seed=0, settings=EFlowSettings(epochs=3, blocks=2))
    time, one = policy.rollout(line[0].position[0], 2 * line.duration, line.duration)
    _, many = policy.rollout([d.position[0] for d in line], 2 * line.duration, line.duration)
    assert (one.shape, many.shape) == ((3, 2), (3, 7, 2))
    assert time[-1] == 2 * line.duration
    np.testing.assert_allclose(many[:, 0], one, atol=1e-3)
    np.testing.assert_allclose(one[0], line[0].position[0], atol=1e-4)
    assert np.linalg.norm(one[-1]) < 2.0


@pytest.mark.peer
def test_training_is_timed_beside_it() -> None:
    record = measure_cost(
        [],
        [],
        settings=TrainingSettings(linear_steps=1, shooting_steps=1, couplings=2, width=8),
        eflow=CHECKOUT,
        eflow_settings=EFlowSettings(epochs=2, blocks=2),
        progress=False,
    )
    assert [row["shape"] for row in record["beside"]] == list(BESIDE)
    assert all(min(row["cpu_s"], row["eflow_cpu_s"]) > 0.0 for row in record["beside"])
    assert len(record["checkout"]) == 12
