"""The corridor is as wide as the demonstrations differ, wherever they can be had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elcd_policy as elcd
from elcd_policy.demonstrations import DemonstrationSet, save_demonstrations
from elcd_policy.robot.placement import Placement
from elcd_policy_sim.episodes.corridor import ALONE, NARROWEST, Corridor, build_corridor
from elcd_policy_sim.episodes.policy_motion import PolicyMotion

LINE = np.column_stack([np.linspace(0, 1, 50), np.zeros(50), np.zeros(50)])


@given(gap=st.floats(0.006, 0.5))
def test_parallel_demonstrations_are_their_distance_apart(gap: float) -> None:
    corridor = Corridor.around([LINE, np.add(LINE, [0, gap, 0])])
    assert corridor.half_width == pytest.approx(gap)
    assert corridor.deviation(np.array([[0.5, gap / 2, 0]]))[0] == pytest.approx(gap / 2)


def test_it_has_a_least_width_and_one_for_a_single_demonstration() -> None:
    assert Corridor.around([LINE, np.add(LINE, [0, 1e-5, 0])]).half_width == NARROWEST
    assert Corridor.around([LINE]).half_width == ALONE


def test_one_in_twenty_points_may_lie_farther() -> None:
    """Two lines that part at the last 3 % only."""
    bent = LINE + np.outer(LINE[:, 0] > 0.98, [0, 0.3, 0]) + [0, 0.02, 0]
    assert Corridor.around([LINE, bent]).half_width == pytest.approx(0.02, abs=1e-9)


def test_the_demonstrations_are_those_that_the_file_names(
    motion: PolicyMotion, demonstrations: DemonstrationSet, tmp_path: Path
) -> None:
    save_demonstrations(demonstrations, tmp_path / "arcs")
    policy = motion.policy
    placement = Placement(metres_per_unit=0.002)
    rolled = build_corridor(policy, placement)
    policy.metadata = replace(policy.metadata, source=str(tmp_path / "arcs"))
    shown = build_corridor(policy, placement)
    for path, demonstration in zip(shown.paths, demonstrations, strict=True):
        ends = placement.to_robot(demonstration.position[[0, -1]])
        assert np.allclose(path[[0, -1]], ends, atol=1e-9)
    # The policy was shown these, and draws them about as wide.
    firsts = [np.array([path[0] for path in each.paths]) for each in (rolled, shown)]
    assert np.allclose(*firsts, atol=1e-6)
    assert 0.3 < rolled.half_width / shown.half_width < 3


def test_another_source_of_that_name_is_not_taken(motion: PolicyMotion, tmp_path: Path) -> None:
    line = elcd.demonstrations.Demonstration(np.arange(10.0), np.arange(30.0).reshape(10, 3))
    save_demonstrations(DemonstrationSet([line]), tmp_path / "other")
    policy = motion.policy
    policy.metadata = replace(policy.metadata, source=str(tmp_path / "other"))
    assert len(build_corridor(policy, Placement()).paths) == 3
