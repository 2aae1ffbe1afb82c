"""A prediction is a rollout, one evaluation at a time."""

from __future__ import annotations

import numpy as np

from elcd_policy_ros2.following.prediction import predict_path


def test_it_follows_the_field_with_one_evaluation_a_step() -> None:
    calls = []

    def velocity(x: np.ndarray) -> np.ndarray:
        calls.append(x)
        return -x

    x0 = np.array([1.0, -2.0])
    steps = predict_path(velocity, x0, 2.0, 50)
    for count in range(1, 100):
        assert next(steps) is None
        assert len(calls) == count
    path = next(steps)
    assert len(calls) == 100
    time = np.linspace(0.0, 2.0, 51)
    np.testing.assert_allclose(path, np.exp(-time)[:, None] * x0, atol=5e-4)
