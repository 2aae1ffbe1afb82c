"""What is found in raw data, and that nothing is found where nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from elcd_policy import load_demonstrations
from elcd_policy.demonstrations import Demonstration, DemonstrationSet, lasa_shapes
from elcd_policy.demonstrations.preparation import inspect, measure_moved, prepare

Make = Callable[..., DemonstrationSet]


@pytest.mark.parametrize("source", [*(f"lasa:{shape}" for shape in lasa_shapes()), "own"])
def test_what_is_recorded_with_care_needs_nothing(source: str) -> None:
    for name in ("data/reach_around", "data/pick_and_place_arc") if source == "own" else (source,):
        findings = inspect(load_demonstrations(name))
        assert findings.mendable == findings.warnings == []
        assert max(findings.dwell) < 0.07
        assert findings.noise < 0.07
        assert findings.end_spread < 0.005 * findings.extent
        assert findings.contradictory < 0.1


def test_rests_and_noise_are_measured(clean: Make, raw: Make) -> None:
    recorded = raw(clean(), rest=1.5)
    findings = inspect(recorded)
    # A minimum-jerk motion moves a hundredth of its way within the first tenth of its time.
    assert findings.rest.min() > 1.5
    assert findings.rest.max() < 1.5 + 0.12 * 4.0
    total = [motion.duration for motion in recorded]
    np.testing.assert_allclose(findings.rest.sum(axis=1) + findings.duration, total)
    assert findings.noise > 1.0
    assert findings.warnings == []
    rests, noise = findings.mendable
    assert rests.startswith("they rest for 1.")
    assert noise.startswith("noise moves")


@settings(max_examples=15, deadline=None)
@given(scale=st.floats(1e-6, 1e6), moved=st.lists(st.floats(-10, 10), min_size=3, max_size=3))
def test_units_and_place_do_not_matter(
    clean: Make, raw: Make, scale: float, moved: list[float]
) -> None:
    recorded = raw(clean())
    other = DemonstrationSet(
        [Demonstration(m.time, scale * (m.position + 100 * np.array(moved))) for m in recorded]
    )
    here, there = inspect(recorded), inspect(other)
    np.testing.assert_allclose(there.rest, here.rest, atol=1e-9)
    for key, power in (("noise", 0), ("contradictory", 0), ("end_spread", 1), ("extent", 1)):
        assert getattr(there, key) == pytest.approx(getattr(here, key) * scale**power, rel=1e-6)
    np.testing.assert_allclose(
        prepare(other)[0].position / scale - 100 * np.array(moved),
        prepare(recorded)[0].position,
        atol=1e-6,
    )


def test_ends_far_apart_and_opposed_directions_are_found(clean: Make) -> None:
    motions = list(clean(count=3))
    spread = [
        Demonstration(m.time, m.position + 30 * i * np.eye(3)[1]) for i, m in enumerate(motions)
    ]
    findings = inspect(DemonstrationSet(spread, units="mm"))
    assert findings.end_spread == pytest.approx(30 * np.sqrt(2 / 3), rel=0.01)

    back = [Demonstration(m.time, m.position[::-1]) for m in motions]
    opposed = inspect(DemonstrationSet([*motions, *back], units="mm"))
    assert opposed.contradictory > 0.9
    assert "pass another demonstration the opposite way" in opposed.warnings[-1]
    lower, upper = DemonstrationSet(motions).workspace
    assert (opposed.places > lower - 1).all()
    assert (opposed.places < upper + 1).all()


@pytest.mark.parametrize("metres_per_unit", [1.0, 0.001])
def test_poses_are_looked_at_as_poses(clean: Make, metres_per_unit: float) -> None:
    poses = []
    for motion in clean(metres_per_unit):
        share = (motion.time - motion.time[0]) / motion.duration
        turns = Rotation.from_rotvec(np.outer(1 - share, [0.0, 0.8, 0.0]))
        poses.append(Demonstration(motion.time, motion.position, quaternion=turns.as_quat()))
    findings = inspect(DemonstrationSet(poses))
    # The position rests, the hand turns all the time.
    assert findings.rest.max() < 0.1
    assert findings.mendable == findings.warnings == []


def test_contradictions_of_poses_are_judged_with_orientation(clean: Make) -> None:
    def turned(motion: Demonstration, position: np.ndarray, angle: float) -> Demonstration:
        turns = Rotation.from_rotvec(np.tile([0.0, 0.0, angle], (len(position), 1)))
        return Demonstration(motion.time, position, quaternion=turns.as_quat())

    there = [turned(motion, motion.position, 0.5) for motion in clean(count=3)]
    back = [turned(motion, motion.position[::-1], -0.5) for motion in clean(count=3)]
    findings = inspect(DemonstrationSet([*there, *back]))
    assert findings.contradictory_positions > 0.9
    assert findings.contradictory == 0.0
    assert findings.warnings == []


def test_a_motion_that_goes_back_beside_itself_does_not_contradict_the_others() -> None:
    time = np.linspace(0, 3, 301)
    way = 0.1 * (1 - np.cos(2 * np.pi * time / 3))
    motions = [
        Demonstration(time, np.stack([0.004 * time / 3, way, 0 * time + k], axis=1))
        for k in (0.0, 0.001)
    ]
    assert inspect(DemonstrationSet(motions)).contradictory < 0.05


def test_samples_that_jump_away_and_back_are_counted_and_cut(clean: Make) -> None:
    motions = list(clean(count=3))
    position = motions[1].position.copy()
    position[200] += [60.0, 0.0, 0.0]
    position[300:302] -= [0.0, 80.0, 0.0]
    spoilt = DemonstrationSet(
        [motions[0], Demonstration(motions[1].time, position, "swapped"), motions[2]], units="mm"
    )
    findings = inspect(spoilt)
    assert findings.outliers == (0, 3, 0)
    assert findings.mendable == ["3 samples jump away and back, most in swapped"]
    mended, meant = prepare(spoilt), prepare(DemonstrationSet(motions, units="mm"))
    np.testing.assert_allclose(mended[1].position, meant[1].position, atol=0.5)
    assert inspect(mended).mendable == []


def test_a_fast_flick_is_no_noise_and_keeps_its_ends_and_speed() -> None:
    time = np.arange(0, 2.3, 0.002)
    share = np.clip((time - 1) / 0.3, 0, 1)
    smooth = share**3 * (10 - 15 * share + 6 * share**2)
    flicks = [
        Demonstration(time, np.outer(smooth - 1, [0.3, 0.1 + 0.01 * k, 0.0])) for k in range(3)
    ]
    flick = DemonstrationSet(flicks)
    assert inspect(flick).noise < 0.1
    moved = measure_moved(flick, prepare(flick))
    assert not moved.too_far
    assert moved.ends < 0.003 * moved.extent
    assert moved.speed < 0.02
    slow = measure_moved(flick, prepare(flick, cutoff=2.0), 2.0)
    assert slow.too_far
    assert slow.speed > 0.3
