"""Scenes of the table: seeded, the box red, all else another colour."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

from elcd_policy.errors import ParameterError
from elcd_policy_sim.vision.table_scene import (
    APART,
    LOWER,
    NOT_RED,
    RED,
    THINGS,
    UPPER,
    Move,
    TableScene,
    parse_moves,
    sample_place,
    sample_scene,
)


def test_a_seed_gives_one_scene() -> None:
    first, again, other = (sample_scene(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_only_the_box_is_red_and_it_stands_where_it_may() -> None:
    random, absent = np.random.default_rng(0), 0
    for _ in range(300):
        scene = sample_scene(random, absent=0.3)
        for thing in scene.things:
            hue, saturation, _ = colorsys.rgb_to_hsv(*thing.colour)
            assert saturation < 1e-6 or NOT_RED - 1e-6 <= hue <= 1 - NOT_RED + 1e-6
        assert len(scene.things) <= THINGS
        if scene.box is None:
            absent += 1
            continue
        hue = colorsys.rgb_to_hsv(*scene.box.colour)[0]
        assert min(hue, 1 - hue) <= RED + 1e-6
        place = np.array(scene.box.place)
        assert (np.array(LOWER) <= place).all()
        assert (place <= np.array(UPPER)).all()
        apart = [np.hypot(*(np.array(thing.place) - place)) for thing in scene.things]
        assert min(apart, default=1.0) > APART
    assert 50 < absent < 130


def test_moves_are_read_in_the_order_of_their_times() -> None:
    moves = parse_moves("4.5:0.5,0.1; 2:0.6,-0.2")
    assert moves == [Move(2.0, (0.6, -0.2)), Move(4.5, (0.5, 0.1))]
    assert parse_moves(" ".join(map(str, moves))) == moves
    assert parse_moves("") == []


@pytest.mark.parametrize("text", ["1", "1:2", "x:0.5,0.1", "1:0.5,0.1,0.2", "-1:0.5,0.1"])
def test_a_move_that_can_not_be_read_is_named(text: str) -> None:
    with pytest.raises(ParameterError, match="a move of the box can't be read: got"):
        parse_moves(text)


def test_a_place_off_the_table_is_refused() -> None:
    for place in ([0.2, 0.0], [0.5, 0.4], [0.5], [np.nan, 0.0]):
        with pytest.raises(ParameterError, match="the box can't stand there"):
            TableScene().with_box_at(place)
    with pytest.raises(ParameterError, match="the box can't stand there"):
        parse_moves("1:0.5,0.4")


def test_places_are_drawn_apart() -> None:
    assert sample_place(3) == sample_place(3, 0)
    assert sample_place(3) != sample_place(3, 1)
