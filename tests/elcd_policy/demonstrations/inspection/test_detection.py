"""What is hard about demonstrations is named in plain words, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from elcd_policy.demonstrations import (
    Demonstration,
    DemonstrationSet,
    lasa_shapes,
    load_demonstrations,
)
from elcd_policy.demonstrations.inspection import KINDS, detect

from ...task_motions import (
    pick_and_place,
    reaching,
    there_and_back,
    throw,
    two_ways,
    wiping,
)

DATA = Path(__file__).parents[4] / "data"
SINGLE = [name for name in lasa_shapes() if not name.startswith("Multi")]
EXPECTED: dict[str, Callable[..., DemonstrationSet]] = {
    "turns": wiping,
    "closed": lambda **how: wiping(1, **how),
    "ways": two_ways,
    "retraced": pick_and_place,
    "throw": throw,
    "wait": lambda **how: pick_and_place(wait=0.3, **how),
}


def kinds(demonstrations: DemonstrationSet) -> list[str]:
    return [finding.kind for finding in detect(demonstrations)]


@pytest.mark.parametrize("noise", [0.0, 0.001])
@pytest.mark.parametrize("kind", EXPECTED)
def test_what_a_field_cannot_do_is_named(kind: str, noise: float) -> None:
    assert kind in kinds(EXPECTED[kind](noise=noise))


@pytest.mark.parametrize("shape", SINGLE)
def test_a_shape_of_one_pattern_is_in_order(shape: str) -> None:
    assert kinds(load_demonstrations(f"lasa:{shape}")) == []


@pytest.mark.parametrize("name", ["reach_around", "pick_and_place_arc", "pour"])
def test_the_projects_own_demonstrations_are_in_order(name: str) -> None:
    assert kinds(load_demonstrations(DATA / name)) == []


def test_ways_that_begin_apart_are_no_trouble() -> None:
    assert kinds(load_demonstrations("lasa:Multi_Models_2")) == []


@settings(max_examples=8, deadline=None)
@given(
    kind=st.sampled_from([*EXPECTED, ""]),
    scale=st.sampled_from([1e-3, 1.0, 1000.0]),
    seed=st.integers(0, 99),
    pace=st.floats(0.5, 2.0),
)
def test_units_place_direction_and_pace_do_not_matter(
    kind: str, scale: float, seed: int, pace: float
) -> None:
    motions = EXPECTED.get(kind, reaching)()
    turn = np.eye(motions.dimension)
    if motions.dimension == 3:
        turn = Rotation.random(random_state=seed).as_matrix()
    moved = [
        replace(each, time=pace * each.time, position=scale * (each.position @ turn.T + 1.0))
        for each in motions
    ]
    assert kinds(replace(motions, demonstrations=moved)) == kinds(motions)


def test_sentences_count_measure_and_advise() -> None:
    (turns,) = detect(wiping(3))
    assert turns.sentence == "all 4 demonstrations go round 3 times"
    (ways,) = detect(two_ways())
    assert ways.groups == ((0, 2, 4), (1, 3, 5))
    assert "demo_0, demo_2, demo_4 and demo_1, demo_3, demo_5" in ways.sentence
    assert "up to 278 mm apart" in ways.sentence
    assert "--modes 2" in ways.advice
    (thrown,) = detect(throw())
    assert "at full speed (3." in thrown.sentence
    assert "m/s" in thrown.sentence
    found = {each.kind: each for each in detect(pick_and_place(wait=0.3))}
    assert found["wait"].sentence == "all 4 demonstrations wait 2.6 s in the middle"
    assert str(turns) == f"{turns.sentence}; {turns.advice}"
    assert json.loads(json.dumps(ways.to_dict()))["groups"] == [[0, 2, 4], [1, 3, 5]]


def test_a_crossing_is_named_with_its_place() -> None:
    angle = np.linspace(-0.25, 1.25, 300) * 2 * np.pi
    eight = np.stack([0.2 * np.sin(angle), 0.1 * np.sin(2 * angle) + 0.02 * angle], axis=1)
    looped = DemonstrationSet(
        [Demonstration(np.linspace(0, 5, 300), eight + np.array([0.5, 0.1]), "loop")]
    )
    (crossing,) = detect(looped)
    assert crossing.kind == "crossing"
    assert "the demonstration crosses itself at (" in crossing.sentence
    gaps = np.linalg.norm(looped[0].position - crossing.places[0], axis=1)
    passes = np.flatnonzero(gaps < 0.01)  # m
    assert passes[-1] - passes[0] > 50  # samples: at two times of the motion


def test_a_way_back_beside_the_way_there_is_not_retraced() -> None:
    assert kinds(there_and_back(noise=0.0005)) == ["retraced"]
    beside = []
    for each in there_and_back():
        share = np.linspace(0.0, 1.0, len(each.time))
        beside.append(replace(each, position=each.position + np.outer(share, [0.02, 0.0, 0.0])))
    assert kinds(DemonstrationSet(beside)) == []


def test_a_stray_member_is_named_by_what_is_odd_about_it() -> None:
    five = list(reaching())
    still = replace(five[4], position=0 * five[4].position + five[4].position[0])
    slow = replace(five[3], time=10 * five[3].time)
    (found,) = detect(DemonstrationSet([*five[:4], still]))
    assert (found.kind, found.demonstrations) == ("still", (4,))
    assert found.sentence == "demo_4 does not move"
    (found,) = detect(DemonstrationSet([*five[:3], slow, five[4]]))
    assert (found.kind, found.demonstrations) == ("durations", (3,))
    (found,) = detect(reaching([(0, 0, 0)] * 3 + [(0.4, 0.4, 0.1)] + [(0, 0, 0)], along=False))
    assert (found.kind, found.demonstrations) == ("outlier", (3,))
    assert found.sentence == "demo_3 ends 574 mm from the others"
    (found,) = detect(two_ways("lllllr"))
    assert (found.kind, found.demonstrations) == ("outlier", (5,))
    assert found.sentence.startswith("demo_5 goes another way than the others, up to 278 mm")


@pytest.mark.parametrize("along", [True, False])
def test_ends_that_differ_are_information(along: bool) -> None:
    ends = [(0.1, 0, 0), (0, 0.1, 0), (-0.1, 0, 0), (0, -0.1, 0), (0.05, 0.05, 0)]
    (found,) = detect(reaching(ends, along=along))
    assert found.kind == "ends"
    assert "mm apart" in found.sentence
    assert "agree relative to their own ends" in found.sentence
    assert "--goal each" in found.advice


def test_every_kind_has_its_place_in_the_order() -> None:
    found = kinds(pick_and_place(wait=0.3))
    assert found == sorted(found, key=KINDS.index)
    assert set(EXPECTED) <= set(KINDS)


def test_one_coordinate_goes_back_but_never_crosses_itself() -> None:
    time = np.linspace(0.0, 3.0, 200)
    share = time / 3.0
    there = (3 * share**2 - 2 * share**3)[:, None]
    assert kinds(DemonstrationSet([Demonstration(time, there)])) == []
    back = np.sin(np.pi * there)
    assert kinds(DemonstrationSet([Demonstration(time, back)])) == ["retraced"]
    waves = np.sin(6 * np.pi * there)
    assert kinds(DemonstrationSet([Demonstration(time, waves)])) == ["turns"]


def test_where_nothing_moves_or_each_goes_its_own_way_nobody_is_odd() -> None:
    time, rng = np.linspace(0.0, 3.0, 100), np.random.default_rng(0)
    still = [Demonstration(time, np.full((100, 2), float(k)), f"s{k}") for k in range(3)]
    assert kinds(DemonstrationSet(still)) == ["still"]
    walks = [Demonstration(time, rng.normal(size=(100, 7)).cumsum(axis=0)) for _ in range(4)]
    assert "outlier" not in kinds(DemonstrationSet(walks))
    assert isinstance(
        kinds(DemonstrationSet([Demonstration(time[:5], walks[0].position[:5])])), list
    )
