"""What a classifier sees, and that a stream is the same as the whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elcd_policy.errors import ParameterError, ShapeError
from elcd_policy.sequence import SkillClassifier, load_skills_file
from elcd_policy.sequence.skill_classifier import motion_features


def motion(seed: int, count: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    steps = torch.randn(count, 2, 3, dtype=torch.float64, generator=generator)
    time = 0.05 + torch.rand(count, 2, dtype=torch.float64, generator=generator)
    return steps.cumsum(0), time.cumsum(0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.001, 1000.0), st.floats(0.1, 10.0))
def test_place_size_and_speed_make_no_difference(seed: int, size: float, speed: float) -> None:
    position, time = motion(seed)
    moved = size * position + torch.tensor([3.0, -2.0, 1.0])
    seen, dt = motion_features(position, time)
    again, slower = motion_features(moved, 5.0 + time / speed)
    torch.testing.assert_close(again, seen)
    torch.testing.assert_close(slower, dt / speed)
    assert float(seen.norm(dim=2).max()) <= 2.0**0.5


def test_a_stream_is_the_same_as_the_whole() -> None:
    torch.manual_seed(0)
    model = SkillClassifier(3, 5, hidden_size=8).double()
    position, time = motion(1)
    whole = model(position, time)
    assert whole.shape == (11, 2, 5)
    torch.testing.assert_close(whole.exp().sum(2), torch.ones(11, 2).double())
    memory = model.begin(position[0])
    for t in range(1, 12):
        scores, memory = model.step(position[t], time[t] - time[t - 1], memory)
        torch.testing.assert_close(scores, whole[t - 1])


def test_what_stands_still_is_not_a_number_too_many() -> None:
    model = SkillClassifier(2, 3, hidden_size=8)
    position, time = torch.zeros(5, 1, 2), torch.arange(5.0)[:, None]
    assert bool(model(position, time).isfinite().all())


def test_the_file_names_a_held_out_motion_as_it_streams_in(skill_file) -> None:
    from elcd_policy import load_demonstrations

    skills = load_skills_file(skill_file)
    assert skills.metadata.labels == ("Line", "Sshape", "wave")
    for label, source in enumerate(("lasa:Line", "lasa:Sshape", "lasa:WShape")):
        demonstration = load_demonstrations(source)[6]
        time = np.arange(demonstration.time[0], demonstration.time[-1], 0.1)
        position = np.column_stack(
            [np.interp(time, demonstration.time, axis) for axis in demonstration.position.T]
        )
        stream = skills.stream(0.003 * position[0])
        found = [stream.add(0.003 * place, 0.1) for place in position[1:]]
        middle = found[len(found) // 2]
        assert middle.sum() == pytest.approx(1.0, abs=1e-5)
        assert int(middle.argmax()) == label


def test_samples_that_do_not_fit_are_refused(skill_file) -> None:
    stream = load_skills_file(skill_file).stream([0.0, 0.0])
    with pytest.raises(ShapeError, match=r"got \[1.0, 2.0, 3.0\], expected 2 finite numbers"):
        stream.add([1.0, 2.0, 3.0], 0.1)
    with pytest.raises(ShapeError, match="2 finite numbers"):
        stream.add([np.nan, 0.0], 0.1)
    with pytest.raises(ParameterError, match=r"'dt' is out of range: got 0\.0"):
        stream.add([1.0, 2.0], 0.0)
