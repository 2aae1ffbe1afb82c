"""The project's own demonstrations: made by the committed script, fit for the arm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from elcd_policy.demonstrations import DemonstrationSet, load_demonstrations

DATA = Path(__file__).parents[2] / "data"
POSITIONS = ["pick_and_place_arc", "reach_around"]
TASKS = ["pick_and_place_arc", "pour", "reach_around"]


def contents(folder: Path) -> dict[str, bytes]:
    return {f"{t}/{file.name}": file.read_bytes() for t in TASKS for file in (folder / t).iterdir()}


def test_the_committed_files_are_what_the_script_makes(tmp_path: Path) -> None:
    script = [sys.executable, str(DATA / "make_demonstrations.py"), "-o", str(tmp_path)]
    subprocess.run(script, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == TASKS
    assert contents(tmp_path) == contents(DATA)


def test_they_are_small() -> None:
    assert sum(map(len, contents(DATA).values())) < 1_000_000


@pytest.fixture(params=POSITIONS)
def demos(request: pytest.FixtureRequest) -> DemonstrationSet:
    return load_demonstrations(DATA / request.param)


def test_they_lie_within_the_arms_reach(demos: DemonstrationSet) -> None:
    assert (len(demos), demos.dimension, demos.units, demos.frame) == (7, 3, "m", "panda_link0")
    lower, upper = demos.workspace
    assert (lower >= [0.3, -0.35, 0.2]).all()
    assert (upper <= [0.65, 0.35, 0.6]).all()


def test_they_vary_as_a_hand_does_and_share_the_goal(demos: DemonstrationSet) -> None:
    starts = np.array([demo.position[0] for demo in demos])
    assert 0.005 < starts.std(axis=0).max() < 0.03
    assert len({round(demo.duration, 2) for demo in demos}) >= 6
    for demo in demos:
        assert 3.0 <= demo.duration <= 6.0
        np.testing.assert_allclose(np.diff(demo.time), 0.01, atol=1e-9)
        np.testing.assert_array_equal(demo.goal, demos.goal)


def test_they_start_moving_and_stop_gently(demos: DemonstrationSet) -> None:
    for demo in demos:
        speed = np.linalg.norm(demo.velocity, axis=1)
        assert 0.02 < speed[0] / speed.max() < 0.15
        assert speed[-1] < 0.002
        assert 0.2 < speed.max() < 0.6


def test_a_pour_turns_the_hand_by_about_100_degrees() -> None:
    demos = load_demonstrations(DATA / "pour")
    assert (len(demos), demos.dimension, demos.units, demos.frame) == (7, 6, "m", "panda_link0")
    lower, upper = demos.workspace
    assert (lower[:3] >= [0.3, -0.35, 0.15]).all()
    assert (upper[:3] <= [0.65, 0.35, 0.6]).all()
    angles = [np.degrees(np.linalg.norm(demo.position[:, 3:], axis=1)) for demo in demos]
    assert min(angle.max() for angle in angles) > 95
    assert max(angle.max() for angle in angles) < 115
    assert np.std([angle[0] for angle in angles]) > 1.0
    for demo, angle in zip(demos, angles, strict=True):
        assert angle[-1] < 1e-3
        speed = np.linalg.norm(demo.velocity[:, 3:], axis=1)
        assert 0.5 < speed.max() < 1.5
        assert speed[-1] < 0.02
