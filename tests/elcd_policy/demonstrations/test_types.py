"""Demonstration and DemonstrationSet: what they hold and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from elcd_policy.demonstrations import Demonstration, DemonstrationSet
from elcd_policy.errors import DemonstrationError

TIME = np.linspace(0.0, 2.0, 11)
LINE = np.stack([TIME, 3.0 - TIME], axis=1)


def a_set(*dimensions: int) -> DemonstrationSet:
    return DemonstrationSet(
        [Demonstration(TIME, np.tile(TIME[:, None], d), name=f"demo_{d}") for d in dimensions]
    )


def test_a_demonstration_knows_its_dimension_duration_goal_and_velocity() -> None:
    demo = Demonstration(TIME + 5.0, LINE)
    assert demo.dimension == 2
    assert demo.duration == pytest.approx(2.0)
    np.testing.assert_array_equal(demo.goal, [2.0, 1.0])
    np.testing.assert_allclose(demo.velocity, np.tile([1.0, -1.0], (11, 1)), atol=1e-12)


def test_velocity_is_right_for_uneven_sampling() -> None:
    time = np.sort(np.random.default_rng(0).uniform(0, 1, 400))
    demo = Demonstration(time, np.sin(time)[:, None])
    np.testing.assert_allclose(demo.velocity[1:-1, 0], np.cos(time)[1:-1], atol=1e-3)


def test_arrays_are_copied_and_read_only() -> None:
    position = LINE.copy()
    demo = Demonstration(TIME, position)
    position[:] = 0.0
    np.testing.assert_array_equal(demo.position, LINE)
    for array in (demo.time, demo.position):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@given(n=st.integers(5, 300), start=st.floats(-100, 100), duration=st.floats(0.1, 100))
def test_resampling_keeps_ends_and_straight_lines(n: int, start: float, duration: float) -> None:
    time = start + duration * np.array([0.0, 0.1, 0.15, 0.6, 0.9, 1.0])
    demo = Demonstration(time, np.stack([2.0 * time, 1.0 - time], axis=1), name="line")
    again = demo.resampled(n)
    assert again.position.shape == (n, 2)
    assert again.name == "line"
    np.testing.assert_array_equal(again.position[[0, -1]], demo.position[[0, -1]])
    assert again.time[0] == demo.time[0]
    assert again.time[-1] == demo.time[-1]
    np.testing.assert_allclose(again.position[:, 0], 2.0 * again.time, atol=1e-9)
    np.testing.assert_allclose(np.diff(again.time), duration / (n - 1), rtol=1e-6)


@pytest.mark.parametrize(
    ("time", "position", "message"),
    [
        (TIME, LINE[:, 0], r"wrong shape: got \[11\].*\[N, 1\]"),
        (TIME, np.empty((11, 0)), r"wrong shape: got \[11, 0\]"),
        (LINE, LINE, r"time in hand has the wrong shape: got \[11, 2\]"),
        (TIME[:-1], LINE, "got 10 times and 11 positions"),
        (TIME[:4], LINE[:4], "too short: got 4 samples, expected at least 5"),
        (np.where(TIME[3] == TIME, np.nan, TIME), LINE, "sample 3 of hand is not finite"),
        (TIME, np.where(LINE[7] == LINE, np.inf, LINE), "sample 7 .* got 1.4, inf, inf, exp"),
        (np.minimum(TIME, 1.0), LINE, r"at sample 6 of hand: got t = 1 s after 1 s"),
        (TIME[::-1], LINE, "at sample 1 of hand"),
        (["now"] * 11, LINE, "time in hand is not an array of numbers"),
        (TIME, [[0.0, 1.0], [2.0]], "position in hand is not an array of numbers"),
    ],
)
def test_bad_samples_are_refused(time: object, position: object, message: str) -> None:
    with pytest.raises(DemonstrationError, match=message):
        Demonstration(time, position, name="hand")  # type: ignore[arg-type]


def test_a_set_is_a_sequence_whose_slices_are_sets() -> None:
    demos = DemonstrationSet(
        [Demonstration(TIME * k, LINE * k) for k in (1, 2, 4)], units="mm", frame="table"
    )
    assert len(demos) == 3
    assert [demo.duration for demo in demos] == pytest.approx([2.0, 4.0, 8.0])
    assert demos[-1].duration == pytest.approx(8.0)
    assert isinstance(demos[0:2], DemonstrationSet)
    assert (len(demos[0:2]), demos[0:2].units, demos[0:2].frame) == (2, "mm", "table")


def test_a_set_knows_its_goal_workspace_and_duration() -> None:
    demos = DemonstrationSet([Demonstration(TIME * k, LINE * k) for k in (1, 2, 4)])
    assert demos.dimension == 2
    assert demos.duration == pytest.approx(4.0)
    np.testing.assert_allclose(demos.goal, np.array([2.0, 1.0]) * 2)  # the median
    lower, upper = demos.workspace
    np.testing.assert_allclose(lower, [0.0, 1.0])
    np.testing.assert_allclose(upper, [8.0, 12.0])


def test_a_set_refuses_mixed_dimensions() -> None:
    with pytest.raises(DemonstrationError, match="got 3 coordinates in demo_3, expected 2"):
        a_set(2, 3)


def test_a_set_refuses_to_be_empty() -> None:
    with pytest.raises(DemonstrationError, match="got 0 demonstrations"):
        a_set()
    with pytest.raises(DemonstrationError, match="got 0 demonstrations"):
        a_set(2)[1:]


def test_a_set_refuses_to_stand_still() -> None:
    with pytest.raises(DemonstrationError, match="nothing moves"):
        DemonstrationSet([Demonstration(TIME, np.ones((11, 2)))])


def turned(*degrees: float, name: str = "hand", end: float = 0.0) -> Demonstration:
    """A pose that moves along x and turns about z, through these angles to ``end``."""
    knots = np.append(degrees, end)
    angle = np.interp(np.linspace(0, len(knots) - 1, 40), np.arange(len(knots)), knots)
    position = np.stack([np.linspace(1, 0, 40), np.zeros(40), np.zeros(40)], axis=1)
    quaternion = Rotation.from_euler("z", angle[:, None], degrees=True).as_quat()
    return Demonstration(np.linspace(0, 2, 40), position, name, quaternion)


def test_poses_become_coordinates_about_the_mean_final_orientation() -> None:
    demos = DemonstrationSet([turned(90, end=4), turned(80, end=-4)])
    assert demos.dimension == 6
    assert abs(demos.orientation[3]) == pytest.approx(1.0)
    np.testing.assert_allclose(demos.goal, 0.0, atol=1e-12)
    np.testing.assert_allclose(np.degrees(demos[0].position[[0, -1], 5]), [90, 4])
    np.testing.assert_allclose(demos[0].position[:, 3:5], 0.0, atol=1e-12)
    np.testing.assert_allclose(np.degrees(demos[0].velocity[20, 5]), -86 / 2)


def test_a_part_of_a_set_of_poses_ends_at_its_own_mean() -> None:
    part = DemonstrationSet([turned(90, end=4), turned(80, end=-4)])[:1]
    np.testing.assert_allclose(part.goal, 0.0, atol=1e-12)
    np.testing.assert_allclose(np.degrees(part[0].position[0, 5]), 86)
    back = part.about([0, 0, 0, 1])
    np.testing.assert_allclose(np.degrees(back[0].position[[0, -1], 5]), [90, 4])


def test_poses_resample_on_the_shortest_way() -> None:
    demo = turned(90)
    flipped = Demonstration(
        demo.time,
        demo.position,
        quaternion=demo.quaternion * np.sign(np.arange(40) - 20.5)[:, None],
    )
    again = DemonstrationSet([flipped.resampled(79)])[0]
    np.testing.assert_allclose(np.degrees(again.position[:, 5]), np.linspace(90, 0, 79), atol=1e-9)


@pytest.mark.parametrize(
    ("demonstrations", "message"),
    [
        (
            [turned(175)],
            "sample 0 of hand of hands is turned too far: got 175.0 deg from the goal's "
            "orientation, expected at most 168.5 deg",
        ),
        (
            [turned(*np.tile([165.0, 195.0], 20)[:39], end=0.0)],
            "turns through half a turn .*got the jump between samples 0 and 1",
        ),
        ([turned(10), Demonstration(TIME, np.eye(11, 3))], "mixes poses and positions: got 1 of 2"),
    ],
)
def test_orientations_that_a_rotation_vector_can_not_hold(
    demonstrations: list[Demonstration], message: str
) -> None:
    with pytest.raises(DemonstrationError, match=message):
        DemonstrationSet(demonstrations, source="hands")


def test_only_poses_have_a_reference() -> None:
    with pytest.raises(DemonstrationError, match="holds no orientations: got 2 plain"):
        a_set(2).about([0, 0, 0, 1])
    with pytest.raises(DemonstrationError, match=r"does not hold poses: got 2 coordinates"):
        DemonstrationSet(a_set(2).demonstrations, orientation=[0, 0, 0, 1])


def test_a_stray_end_does_not_move_the_goal() -> None:
    four = [Demonstration(TIME, LINE) for _ in range(4)]
    stray = Demonstration(TIME, LINE + np.array([0.4, 0.4]))
    np.testing.assert_array_equal(DemonstrationSet([*four, stray]).goal, LINE[-1])


def test_motions_moved_to_one_end_keep_their_shape() -> None:
    demos = DemonstrationSet([Demonstration(TIME, LINE * k) for k in (1, 2, 4)])
    moved = demos.ending_at([3.0, -1.0])
    for before, after in zip(demos, moved, strict=True):
        np.testing.assert_allclose(after.goal, [3.0, -1.0])
        np.testing.assert_allclose(
            np.diff(after.position, axis=0), np.diff(before.position, axis=0)
        )


def test_a_stray_end_of_five_does_not_move_the_goal() -> None:
    def line(end: float) -> Demonstration:
        return Demonstration(TIME, np.outer(TIME / TIME[-1], [end, 1.0]))

    ends = [1.0, 1.01, 0.99, 1.0]
    kept = DemonstrationSet([line(end) for end in ends])
    strayed = DemonstrationSet([line(end) for end in [*ends, 1.58]])
    np.testing.assert_allclose(strayed.goal, kept.goal)
    np.testing.assert_allclose(strayed.goal, [1.0, 1.0])
