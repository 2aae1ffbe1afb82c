"""Pushes act when they should, can be written as text, and move a Panda by 3 to 8 cm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, Push, default_pushes, load_robot, parse_pushes, total_force

number = st.floats(-1e3, 1e3)


def test_a_push_acts_from_its_time_for_its_duration() -> None:
    push = Push(2.0, (30, 0, -5), 0.25)
    for time, expected in ((1.99, 0), (2.0, 1), (2.2, 1), (2.25, 0), (9, 0)):
        assert np.array_equal(push.force_at(time), expected * np.array([30, 0, -5]))


def test_forces_add_up() -> None:
    pushes = [Push(0, (1, 0, 0), 1), Push(0.5, (0, 2, 0), 1)]
    assert np.array_equal(total_force(pushes, 0.7), [1, 2, 0])
    assert np.array_equal(total_force([], 0.7), [0, 0, 0])


@given(time=st.floats(0, 1e3), force=st.tuples(number, number, number), for_=st.floats(1e-3, 10))
def test_text_gives_the_push_back(
    time: float, force: tuple[float, float, float], for_: float
) -> None:
    text = f"{time}:{','.join(map(str, force))}:{for_}"
    assert Push.parse(text) == Push(time, force, for_)


def test_lists_of_pushes_are_read() -> None:
    both = [Push(2.0, (30, 0, 0), 0.2), Push(4.0, (0, -20, 0), 0.3)]
    assert parse_pushes("2.0:30,0,0:0.2 4:0,-20,0:.3") == both
    assert parse_pushes("2.0:30,0,0:0.2;4:0,-20,0:.3") == both
    assert parse_pushes(["2.0:30,0,0:0.2", "4:0,-20,0:.3"]) == both
    assert parse_pushes("") == []


@pytest.mark.parametrize("text", ["", "2", "2:30,0:0.2:1", "2:30,x,0:0.2", "two:1,2,3:0.2"])
def test_unreadable_text_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match=r"got '.*expected time:fx,fy,fz:duration"):
        Push.parse(text)


@pytest.mark.parametrize("text", ["-1:1,2,3:0.2", "1:1,2:0.2", "1:nan,2,3:0.2", "1:1,2,3:0"])
def test_a_push_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="out of range"):
        Push.parse(text)


def test_default_pushes_are_spread_and_seeded() -> None:
    robot = load_robot("panda")
    pushes = default_pushes(6.0, robot)
    assert pushes == default_pushes(6.0, robot)
    assert pushes != default_pushes(6.0, robot, seed=1)
    assert [push.time for push in pushes] == pytest.approx([1.2, 2.7, 4.2])
    normal = robot.writing_plane.rotation[:, 2]
    first, across, third = (np.array(p.force) / np.linalg.norm(p.force) for p in pushes)
    assert abs(first @ normal) < 1e-9
    assert abs(third @ normal) < 1e-9
    assert abs(across @ normal) == pytest.approx(1)
    assert first @ third < -0.7
    with pytest.raises(ParameterError, match="duration"):
        default_pushes(0.0, robot)


@pytest.mark.parametrize("place", [(0.0, 0.0), (-0.15, 0.12), (0.15, -0.12)])
def test_each_default_push_moves_a_panda_by_three_to_eight_centimetres(
    place: tuple[float, float],
) -> None:
    pytest.importorskip("pybullet")
    robot = load_robot("panda")
    start = robot.writing_plane.points(place)
    with Arm(robot) as arm:
        for seed in range(2):
            for push in default_pushes(6.0, robot, seed):
                arm.move_to(start)
                arm.apply_force(push.force)
                arm.step(round(push.duration / arm.timestep))
                moved = np.linalg.norm(arm.pose()[0] - start)
                assert 0.03 < moved < 0.08
