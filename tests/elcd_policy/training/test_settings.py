"""Training settings: checked when they are made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from elcd_policy import TrainingSettings
from elcd_policy.errors import ParameterError

MAY_BE_ZERO = {
    *("linear_steps", "shooting_steps", "push", "return_rate"),
    *("far", "far_return_rate", "far_weight", "calm_weight", "ball", "ball_weight"),
}
NAMES = [item.name for item in fields(TrainingSettings)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_values_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    least = "at least 0" if name in MAY_BE_ZERO else "above 0"
    with pytest.raises(ParameterError) as error:
        TrainingSettings(**{name: value})
    assert str(error.value) == (
        f"the training setting '{name}' is out of range: got {value}, expected {least} and finite"
    )


@pytest.mark.parametrize("name", NAMES)
def test_zero_is_allowed_where_it_means_something(name: str) -> None:
    if name in MAY_BE_ZERO:
        assert getattr(TrainingSettings(**{name: 0}), name) == 0
    else:
        with pytest.raises(ParameterError, match=f"'{name}'.*got 0, expected above 0"):
            TrainingSettings(**{name: 0})


def test_they_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        TrainingSettings().rate = 2.0  # type: ignore[misc]
