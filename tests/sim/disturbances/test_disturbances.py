"""Pushes act when they should, can be written as text, and move a Panda by 3 to 8 cm."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError
from elcd_policy_sim import Arm, Push, default_pushes, load_robot, parse_pushes, total_force
from elcd_policy_sim.disturbances import (
    KINDS,
    ForceNoise,
    Hold,
    MovedGoal,
    Payload,
    RandomPush,
    SensorDelay,
    SensorNoise,
    SlowDown,
    Wind,
    read_disturbance,
    read_disturbances,
)

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
    place: tuple[float, float], engine: str
) -> None:
    robot = load_robot("panda")
    start = robot.writing_plane.points(place)
    with Arm(robot, engine=engine) as arm:
        for seed in range(2):
            for push in default_pushes(6.0, robot, seed):
                arm.move_to(start)
                arm.apply_force(push.force)
                arm.step(round(push.duration / arm.timestep))
                moved = np.linalg.norm(arm.pose()[0] - start)
                assert 0.03 < moved < 0.08


DISTURBANCES = [
    Push(1.5, (30.0, 0.0, -2.5), 0.2),
    RandomPush(10.0, 20.0, 0.1, 0.2, 0.4),
    Wind((0.0, 5.0, 0.0)),
    ForceNoise(2.0, 3),
    SensorNoise(0.001, 0.01, 4),
    SensorDelay(0.02),
    MovedGoal((0.05, 0.0, 0.0), 1.0),
    Hold(1.0, 2.0),
    Payload(0.5, 1.0),
    SlowDown(0.3, 1.0, 2.0),
]


def test_every_kind_is_read_from_its_own_text_and_from_yaml(tmp_path: Path) -> None:
    assert {type(each) for each in DISTURBANCES} == set(KINDS.values())
    assert [read_disturbance(str(each)) for each in DISTURBANCES] == DISTURBANCES
    entries = [{each.name: dataclasses.asdict(each)} for each in DISTURBANCES]
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(entries))), encoding="utf-8")
    assert read_disturbances([str(path), "wind force=0,5,0"]) == [*DISTURBANCES, DISTURBANCES[2]]


def test_chance_is_drawn_for_an_episode() -> None:
    robot = load_robot("panda")
    for each in DISTURBANCES:
        one, other, again = (
            each.sample(np.random.default_rng(seed), 5.0, robot) for seed in (0, 1, 0)
        )
        assert one == again
        by_chance = isinstance(each, RandomPush | ForceNoise | SensorNoise)
        assert (one != other) == by_chance


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "unknown disturbance: got ''"),
        ("push", "keys of a push are wrong: got none, expected time, force, duration"),
        ("hold time=1 duration=0", "a hold is out of range"),
        ("hold time=-1 duration=1", "a hold is out of range"),
        ("payload mass=0", "a payload is out of range"),
        ("slow_down factor=2 time=0 duration=1", "a slow_down is out of range"),
        ("sensor_delay delay=-0.1", "a sensor_delay is out of range"),
        ("sensor_noise position=-1", "a sensor_noise is out of range"),
        ("force_noise deviation=nan", "a force_noise is out of range"),
        ("random_push weakest=9 strongest=2", "a random_push is out of range"),
        ("wind force=1,2,inf", "force of a wind is no vector"),
        ("moved_goal offset=0,0,0.1 time=soon", "value of a moved_goal is wrong"),
        ("wind force", "can't be read: got 'force', expected key=value"),
    ],
)
def test_what_cannot_be_a_disturbance_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ParameterError, match=complaint):
        read_disturbance(text)


@pytest.mark.parametrize("text", ["wind: {force: [1, 2, 3]}", "[5]", "- a: {}\n  b: {}", "- [", ""])
def test_files_without_a_list_of_disturbances_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=r"mine\.yaml"):
        read_disturbances([str(path)])
