"""The damped inverse is exact where it can be, and bounded everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from elcd_policy.robot.damped_least_squares import DAMPED_BELOW, damped_inverse

number = st.floats(-2, 2)


@given(jacobian=arrays(float, (3, 5), elements=number))
def test_it_is_bounded_and_its_null_space_leaves_the_task_alone(jacobian: np.ndarray) -> None:
    inverse, null_space, smallest = damped_inverse(jacobian)
    assert np.linalg.norm(inverse, 2) <= 1 / DAMPED_BELOW * (1 + 1e-9)
    assert smallest == pytest.approx(np.linalg.svd(jacobian, compute_uv=False)[-1])
    assert np.allclose(null_space @ null_space, null_space, atol=1e-9)
    assert np.allclose(jacobian @ null_space, 0.0, atol=1e-9)
    if smallest >= DAMPED_BELOW:
        assert np.allclose(jacobian @ inverse, np.eye(3), atol=1e-9)


def test_it_damps_a_singular_direction_only() -> None:
    inverse, _, smallest = damped_inverse(np.diag([1.0, 0.01]))
    assert smallest == pytest.approx(0.01)
    assert np.allclose(inverse, np.diag([1.0, 0.01 / DAMPED_BELOW**2]))
