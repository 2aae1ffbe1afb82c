"""A stream of positions: which part of it is a motion, and when it is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy.demonstrations import load_demonstrations
from elcd_policy.sequence import NAMING, LoadedSkills, Recognition, load_skills_file
from elcd_policy.sequence.recognition import MOVING, NAMED, UNKNOWN, WAITING

STEP = 0.1
"""s between positions."""
EASILY = {**NAMING, "confidence": 0.4, "agreement": 0.0}


@pytest.fixture(scope="module")
def skills(skill_file: Path) -> LoadedSkills:
    return load_skills_file(skill_file)


def sshape() -> np.ndarray:
    """A demonstration that was not learned from, 3 mm for each mm drawn, in steps."""
    demonstration = load_demonstrations("lasa:Sshape")[6]
    time = np.arange(0.0, demonstration.time[-1], STEP)
    axes = [np.interp(time, demonstration.time, axis) for axis in demonstration.position.T]
    return 0.003 * np.stack(axes, axis=1)


def rested(recognition: Recognition, place: np.ndarray, begin: float = 0.0) -> float:
    """Rest for 1 s; the time after it."""
    for count in range(10):
        assert recognition.add(begin + count * STEP, place) == ""
    return begin + 10 * STEP


def names(recognition: Recognition, begin: float, path: np.ndarray) -> list[str]:
    found = [recognition.add(begin + count * STEP, place) for count, place in enumerate(path)]
    return [name for name in found if name]


def test_rest_is_no_motion_and_a_motion_begins_where_the_rest_was(skills: LoadedSkills) -> None:
    settings = {"start_distance": 0.01, "rest_time": 0.5, "confidence": 0.9, "agreement": 0.2}
    recognition = Recognition(skills, settings)
    rng = np.random.default_rng(0)
    phases = []
    for step in range(30):
        assert recognition.add(STEP * step, 1e-3 * rng.normal(size=2)) == ""
        phases.append(recognition.phase)
    assert phases == [UNKNOWN] * 5 + [WAITING] * 25
    assert recognition.add(2.9, np.ones(2)) == ""  # not later than the last one
    found = [
        recognition.add(3.0 + 0.1 * step, np.array([0.0, 0.02 * step])) for step in range(1, 20)
    ]
    assert recognition.phase in (MOVING, NAMED)
    assert recognition.duration > 1.8
    assert len([name for name in found if name]) <= 1
    for step in range(10):
        recognition.add(5.0 + 0.1 * step, np.array([0.0, 0.38]))
    assert (recognition.phase, recognition.guess) == (WAITING, None)


def test_a_motion_is_named_once(skills: LoadedSkills) -> None:
    recognition, path = Recognition(skills), sshape()
    assert names(recognition, rested(recognition, path[0]), path) == ["Sshape"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6])
def test_the_rest_of_a_motion_is_not_named(skills: LoadedSkills, share: float) -> None:
    """Watched from its middle on, or interrupted by a bad state: only a rest begins anew."""
    recognition, path = Recognition(skills, EASILY), sshape()
    cut = int(share * len(path))
    begin = rested(recognition, path[0])
    names(recognition, begin, path[:cut])
    recognition.restart()
    begin += cut * STEP
    assert names(recognition, begin, path[cut:]) == []
    assert recognition.phase in (UNKNOWN, WAITING)
    begin = rested(recognition, path[0], begin + len(path) * STEP)
    assert names(recognition, begin, path) != []


def test_a_clock_that_is_set_back_is_a_new_beginning(skills: LoadedSkills) -> None:
    recognition, path = Recognition(skills), sshape()
    rested(recognition, path[0], begin=1000.0)
    assert names(recognition, rested(recognition, path[0]), path) == ["Sshape"]
