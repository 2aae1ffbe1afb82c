"""Where a policy lies, and in which box it may move."""

from __future__ import annotations

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy.placement import Placement
from elcd_policy_ros2.follower import demonstrated_box, resolve_placement

STORED = Placement(np.eye(3), [0.4, 0.0, 0.3], 0.002)
QUARTER = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))  # 90 degrees about z


def test_the_files_own_placement_holds_unless_told_otherwise() -> None:
    assert resolve_placement(STORED, "mm", 2) == STORED
    moved = resolve_placement(STORED, "mm", 2, origin=(0.5, 0.1, 0.2))
    np.testing.assert_allclose(moved.origin, [0.5, 0.1, 0.2])
    assert moved.metres_per_unit == 0.002
    turned = resolve_placement(STORED, "mm", 2, quaternion=QUARTER, metres_per_unit=0.004)
    np.testing.assert_allclose(turned.rotation[:, 0], [0.0, 1.0, 0.0], atol=1e-12)
    assert turned.metres_per_unit == 0.004


def test_three_dimensions_of_a_known_length_need_no_placement() -> None:
    assert resolve_placement(None, "cm", 3) == Placement(metres_per_unit=0.01)
    assert resolve_placement(None, "furlong", 3, metres_per_unit=201.168).metres_per_unit == 201.168


@pytest.mark.parametrize(("units", "dimension"), [("mm", 2), ("furlong", 3)])
def test_a_policy_that_lies_nowhere_is_refused(units: str, dimension: int) -> None:
    with pytest.raises(ParameterError, match="does not say where it lies"):
        resolve_placement(None, units, dimension)


def test_the_box_holds_the_placed_demonstrations_and_the_margin() -> None:
    placement = resolve_placement(STORED, "mm", 2, quaternion=QUARTER)
    lower, upper = demonstrated_box(placement, ([0.0, -10.0], [50.0, 20.0]), 0.05)
    np.testing.assert_allclose(lower, [0.4 - 0.04 - 0.05, -0.05, 0.25], atol=1e-12)
    np.testing.assert_allclose(upper, [0.4 + 0.02 + 0.05, 0.1 + 0.05, 0.35], atol=1e-12)
